#include "credence/bayes/gaussian_prior.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/kernels/parallel_sum.h"

namespace credence {

double GaussianPriorOfLayer::kl(const MeanFieldGaussian& posterior,
                                const StepContext& /*context*/) const {
  return with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    return kl_gaussian(posterior.mu.value.span<T>(), posterior.rho.value.span<T>(),
                       of_layer(posterior));
  });
}

double GaussianPriorOfLayer::add_kl_gradient(MeanFieldGaussian& posterior, double scale,
                                             const StepContext& /*context*/,
                                             const ElementsDone& added) const {
  return with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor &mu = posterior.mu.value, &rho = posterior.rho.value;
    return add_kl_gaussian_gradient(mu.span<T>(), rho.span<T>(), of_layer(posterior), scale,
                                    posterior.mu.gradient.span<T>(),
                                    posterior.rho.gradient.span<T>(), added);
  });
}

GaussianPrior::GaussianPrior(const GaussianOptions& options) : options_(options) {
  check(options);
}

GaussianOptions GaussianPrior::of_layer(const MeanFieldGaussian& /*posterior*/) const {
  return options_;
}

ScaledGaussianPrior::ScaledGaussianPrior(const ScaledGaussianOptions& options) : options_(options) {
  require<ConfigError>(options.scale > 0 && std::isfinite(options.scale),
                       "scaled_gaussian: scale must be positive and finite, got ", options.scale);
}

GaussianOptions ScaledGaussianPrior::of_layer(const MeanFieldGaussian& posterior) const {
  const Shape& shape = posterior.mu.value.shape();
  return {.sigma = options_.scale / std::sqrt(static_cast<double>(shape.row_size()))};
}

GaussianOptions EmpiricalGaussianPrior::of_layer(const MeanFieldGaussian& posterior) const {
  const std::int64_t size = posterior.mu.value.size();
  const double squares = with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const mu = posterior.mu.value.data<T>(), *const rho = posterior.rho.value.data<T>();
    return sum_of_terms(size, [=](std::int64_t i) {
      const T sigma = softplus(rho[i]);
      return mu[i] * mu[i] + sigma * sigma;
    });
  });
  return {.sigma = std::sqrt(squares / static_cast<double>(size))};
}

}  // namespace credence
