#pragma once

#include "credence/bayes/prior.h"
#include "credence/distributions/laplace.h"
#include "credence/distributions/scale_mixture.h"

namespace credence {

/// A density for every weight, given by its cross-entropy and log_density(w).
template <class Density>
class CrossEntropyPrior : public Prior {
 public:
  using Options = typename Density::Options;
  /// ConfigError as Density.
  explicit CrossEntropyPrior(const Options& options) : density_(options) {}

  double kl(const MeanFieldGaussian& posterior, const StepContext& context) const override {
    return evaluate(posterior, {}, context, [&](const KlNoise& noise, auto mu, auto rho) {
      using T = typename decltype(mu)::value_type;
      return add_cross_entropy_kl<T>(density_, noise, mu, rho, 0, {}, {}, {});
    });
  }

  double add_kl_gradient(MeanFieldGaussian& posterior, const KlGradient& wanted,
                         const StepContext& context, const ElementsDone& added) const override {
    const WeightRange part = wanted.weights.of(posterior.mu.value.size());
    return evaluate(posterior, part, context, [&](const KlNoise& noise, auto mu, auto rho) {
      using T = typename decltype(mu)::value_type;
      return add_cross_entropy_kl<T>(density_, noise, mu, rho, wanted.scale,
                                     window_of(posterior.mu.gradient, part).template span<T>(),
                                     window_of(posterior.rho.gradient, part).template span<T>(),
                                     from(part.begin, added));
    });
  }

  void log_density(const MeanFieldGaussian& /*posterior*/, std::span<const double> weights,
                   std::span<double> log_density) const override {
    for (std::size_t i = 0; i < weights.size(); ++i)
      log_density[i] = density_.log_density(weights[i]);
  }

 private:
  template <class Body>
  static double evaluate(const MeanFieldGaussian& posterior, const WeightRange& weights,
                         const StepContext& context, const Body& body) {
    const WeightRange part = weights.of(posterior.mu.value.size());
    const Tensor mu = window_of(posterior.mu.value, part);
    const Tensor rho = window_of(posterior.rho.value, part);
    const KlNoise noise{.key = noise_key(context.seed, Stream::noise, posterior.name),
                        .step = context.step,
                        .first_weight = part.begin};
    return with_real_type(mu.dtype(), [&](auto zero) {
      using T = decltype(zero);
      return body(noise, mu.span<T>(), rho.span<T>());
    });
  }

  Density density_;
};

using LaplacePrior = CrossEntropyPrior<Laplace>;
using ScaleMixturePrior = CrossEntropyPrior<ScaleMixture>;

}  // namespace credence
