#pragma once

#include "credence/bayes/posterior.h"
#include "credence/distributions/gaussian.h"

namespace credence {

/// What is believed of a weight before any data.
class Prior {
 public:
  virtual ~Prior() = default;
  /// KL(posterior || prior) in nats: a sum over weights.
  virtual double kl(const MeanFieldGaussian& posterior) const = 0;
  /// Adds `scale` times the gradient of kl to the gradients of mu and rho, and returns kl. Calls
  /// `added`, if there is one, once for each weight, when its gradients are final; it may move mu
  /// and rho.
  virtual double add_kl_gradient(MeanFieldGaussian& posterior, double scale,
                                 const ElementsDone& added) const = 0;
};

/// N(mean, sigma^2) for every weight; its KL in closed form.
class GaussianPrior : public Prior {
 public:
  using Options = GaussianOptions;
  /// ConfigError unless sigma is positive.
  explicit GaussianPrior(const GaussianOptions& options);

  double kl(const MeanFieldGaussian& posterior) const override;
  double add_kl_gradient(MeanFieldGaussian& posterior, double scale,
                         const ElementsDone& added) const override;

 private:
  GaussianOptions options_;
};

}  // namespace credence
