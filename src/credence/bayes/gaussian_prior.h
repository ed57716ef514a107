#pragma once

#include "credence/bayes/prior.h"
#include "credence/distributions/gaussian.h"

namespace credence {

/// A Gaussian for all weights of a layer, with its KL in closed form: rule(posterior) says which.
template <class Rule>
class GaussianPriorOf : public Prior {
 public:
  using Options = typename Rule::Options;
  /// ConfigError as Rule.
  explicit GaussianPriorOf(const Options& options = {}) : rule_(options) {}

  double kl(const MeanFieldGaussian& posterior, const StepContext& /*context*/) const override {
    return with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
      using T = decltype(zero);
      return kl_gaussian(posterior.mu.value.span<T>(), posterior.rho.value.span<T>(),
                         rule_(posterior));
    });
  }

  double add_kl_gradient(MeanFieldGaussian& posterior, const KlGradient& wanted,
                         const StepContext& /*context*/, const ElementsDone& added) const override {
    return with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const WeightRange part = wanted.weights.of(posterior.mu.value.size());
      const Tensor mu = window_of(posterior.mu.value, part);
      const Tensor rho = window_of(posterior.rho.value, part);
      return add_kl_gaussian_gradient(mu.span<T>(), rho.span<T>(), rule_(posterior), wanted.scale,
                                      window_of(posterior.mu.gradient, part).span<T>(),
                                      window_of(posterior.rho.gradient, part).span<T>(),
                                      from(part.begin, added));
    });
  }

  void log_density(const MeanFieldGaussian& posterior, std::span<const double> weights,
                   std::span<double> log_density) const override {
    const GaussianOptions gaussian = rule_(posterior);
    for (std::size_t i = 0; i < weights.size(); ++i)
      log_density[i] = gaussian_log_density(weights[i], gaussian.mean, gaussian.sigma);
  }

 private:
  Rule rule_;
};

/// N(mean, sigma^2) for every weight. ConfigError unless sigma is positive.
class FixedGaussian {
 public:
  using Options = GaussianOptions;
  explicit FixedGaussian(const GaussianOptions& options) : options_(options) { check(options); }
  GaussianOptions operator()(const MeanFieldGaussian& /*posterior*/) const { return options_; }

 private:
  GaussianOptions options_;
};

struct ScaledGaussianOptions {
  double scale = 1.0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("scale", scale);
  }
};

/// N(0, scale^2 / inputs), inputs being the weights that an output is a sum over: what a layer
/// gives then varies as much whatever its width (Neal 1996, doi:10.1007/978-1-4612-0745-0).
/// ConfigError unless scale is positive.
class ScaledGaussian {
 public:
  using Options = ScaledGaussianOptions;
  explicit ScaledGaussian(const ScaledGaussianOptions& options);
  GaussianOptions operator()(const MeanFieldGaussian& posterior) const;

 private:
  ScaledGaussianOptions options_;
};

struct EmpiricalGaussianOptions {
  template <class Visitor>
  void visit(Visitor&) {}
};

/// N(0, s^2) with the s of each layer for which the evidence lower bound is largest (empirical
/// Bayes, type II maximum likelihood): s^2 is the mean of mu^2 + sigma^2 over the layer's weights.
/// Since the KL does not change with s there, its gradient is that at a fixed s.
///
/// Source  Wu et al. 2019, arXiv:1810.03958, section 4.
class EmpiricalGaussian {
 public:
  using Options = EmpiricalGaussianOptions;
  explicit EmpiricalGaussian(const EmpiricalGaussianOptions& /*options*/) {}
  GaussianOptions operator()(const MeanFieldGaussian& posterior) const;
};

using GaussianPrior = GaussianPriorOf<FixedGaussian>;
using ScaledGaussianPrior = GaussianPriorOf<ScaledGaussian>;
using EmpiricalGaussianPrior = GaussianPriorOf<EmpiricalGaussian>;

}  // namespace credence
