#include "credence/bayes/moped_prior.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"

namespace credence {
namespace {

template <class T>
CentredGaussian<T> prior_of(const MeanFieldGaussian& posterior, double sigma) {
  const Tensor& centre = posterior.centre;
  require<ConfigError>(!centre.empty(), "moped: the prior of ", posterior.name,
                       " is centred on trained weights, of which none are given");
  return {.means = centre.span<T>(), .sigma = sigma};
}

}  // namespace

MopedPrior::MopedPrior(const MopedOptions& options) : options_(options) {
  require<ConfigError>(options.sigma > 0 && std::isfinite(options.sigma),
                       "moped: sigma must be positive and finite, got ", options.sigma);
}

double MopedPrior::kl(const MeanFieldGaussian& posterior, const StepContext& /*context*/) const {
  const Tensor &mu = posterior.mu.value, &rho = posterior.rho.value;
  return with_real_type(mu.dtype(), [&]<class T>(T) {
    return kl_centred_gaussian(mu.span<T>(), rho.span<T>(), prior_of<T>(posterior, options_.sigma));
  });
}

double MopedPrior::add_kl_gradient(MeanFieldGaussian& posterior, const KlGradient& wanted,
                                   const StepContext& /*context*/,
                                   const ElementsDone& added) const {
  const WeightRange part = wanted.weights.of(posterior.mu.value.size());
  const Tensor mu = window_of(posterior.mu.value, part);
  const Tensor rho = window_of(posterior.rho.value, part);
  return with_real_type(mu.dtype(), [&]<class T>(T) {
    CentredGaussian<T> prior = prior_of<T>(posterior, options_.sigma);
    prior.means = prior.means.subspan(static_cast<std::size_t>(part.begin), mu.span<T>().size());
    return add_kl_centred_gaussian_gradient(
        mu.span<T>(), rho.span<T>(), prior, wanted.scale,
        window_of(posterior.mu.gradient, part).template span<T>(),
        window_of(posterior.rho.gradient, part).template span<T>(), from(part.begin, added));
  });
}

void MopedPrior::log_density(const MeanFieldGaussian& posterior, std::span<const double> weights,
                             std::span<double> log_density) const {
  with_real_type(posterior.mu.value.dtype(), [&]<class T>(T) {
    const auto prior = prior_of<T>(posterior, options_.sigma);
    for (std::size_t i = 0; i < weights.size(); ++i)
      log_density[i] = gaussian_log_density(weights[i], double{prior.means[i]}, prior.sigma);
  });
}

}  // namespace credence
