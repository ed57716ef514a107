#pragma once

#include "credence/bayes/posterior.h"
#include "credence/bayes/weight_range.h"
#include "credence/random/step_context.h"

namespace credence {

/// Of which gradient how much is added.
struct KlGradient {
  double scale = 1;
  WeightRange weights{};  ///< begins at a multiple of 128, where a thread's work could
};

/// What is believed of a weight before any data. One object serves all layers.
class Prior {
 public:
  virtual ~Prior() = default;
  /// KL(posterior || prior) in nats: a sum over weights. Where it is estimated, from the draws of
  /// the context's seed and step.
  virtual double kl(const MeanFieldGaussian& posterior, const StepContext& context) const = 0;
  /// Adds `scale` times the gradient of kl to the gradients of mu and rho, and returns kl: of
  /// these weights. Calls `added`, if there is one, once for each of them, when its gradients are
  /// final; it may move mu and rho.
  virtual double add_kl_gradient(MeanFieldGaussian& posterior, const KlGradient& wanted,
                                 const StepContext& context, const ElementsDone& added) const = 0;
  /// log p(w) in nats of each of `weights`, one for each of the posterior's, which priors that
  /// depend on a layer's shape or follow its posterior ask.
  virtual void log_density(const MeanFieldGaussian& posterior, std::span<const double> weights,
                           std::span<double> log_density) const = 0;
  /// Whether kl needs the posterior's `centre`: the weights that a training begins with.
  virtual bool is_centred() const { return false; }
};

}  // namespace credence
