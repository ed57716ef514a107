#pragma once

#include "credence/bayes/prior.h"
#include "credence/distributions/gaussian.h"

namespace credence {

/// A Gaussian for all weights of a layer, with its KL in closed form.
class GaussianPriorOfLayer : public Prior {
 public:
  double kl(const MeanFieldGaussian& posterior, const StepContext& context) const override;
  double add_kl_gradient(MeanFieldGaussian& posterior, double scale, const StepContext& context,
                         const ElementsDone& added) const override;

 private:
  virtual GaussianOptions of_layer(const MeanFieldGaussian& posterior) const = 0;
};

/// N(mean, sigma^2) for every weight.
class GaussianPrior : public GaussianPriorOfLayer {
 public:
  using Options = GaussianOptions;
  /// ConfigError unless sigma is positive.
  explicit GaussianPrior(const GaussianOptions& options);

 private:
  GaussianOptions of_layer(const MeanFieldGaussian& posterior) const override;

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
/// gives then varies as much whatever its width (Neal 1996, "Bayesian learning for neural
/// networks").
class ScaledGaussianPrior : public GaussianPriorOfLayer {
 public:
  using Options = ScaledGaussianOptions;
  /// ConfigError unless scale is positive.
  explicit ScaledGaussianPrior(const ScaledGaussianOptions& options);

 private:
  GaussianOptions of_layer(const MeanFieldGaussian& posterior) const override;

  ScaledGaussianOptions options_;
};

/// N(0, s^2) with the s of each layer for which the evidence lower bound is largest (empirical
/// Bayes, type II maximum likelihood): s^2 is the mean of mu^2 + sigma^2 over the layer's weights.
/// Since the KL does not change with s there, its gradient is that at a fixed s.
///
/// Source  Wu et al. 2019, arXiv:1810.03958, section 4.
class EmpiricalGaussianPrior : public GaussianPriorOfLayer {
 private:
  GaussianOptions of_layer(const MeanFieldGaussian& posterior) const override;
};

}  // namespace credence
