#pragma once

#include "credence/bayes/weight_prior.h"
#include "credence/optim/optimizer.h"

namespace credence {

/// An optimizer, led to the maximum a posteriori: to the gradient of the loss, which is a mean over
/// examples, it adds that of -log prior / examples, which is precision * w / examples.
///
/// As a part of the gradient, not as decoupled weight decay, so that where the optimizer rests the
/// gradient of the log posterior is zero.
class MapOptimizer : public Optimizer {
 public:
  /// `optimizer` outlives it. `parameters`: of the network; what is moved may be parts of them, in
  /// the same order. `examples`: those of the training data.
  MapOptimizer(Optimizer& optimizer, const WeightPrior& prior,
               std::span<Parameter* const> parameters, std::int64_t examples);

  std::string name() const override { return optimizer_.name(); }
  void setup(std::span<Parameter* const> parameters) override { optimizer_.setup(parameters); }
  void begin_pass(std::span<Parameter* const> parameters, const StepContext& context) override {
    optimizer_.begin_pass(parameters, context);
  }
  void begin_step(std::span<Parameter* const> parameters, double learning_rate,
                  const StepContext& context) override;
  void update(std::size_t parameter, std::int64_t begin, std::int64_t end) override {
    optimizer_.update(parameter, begin, end);
  }
  std::vector<NamedTensor> state() override { return optimizer_.state(); }

 private:
  Optimizer& optimizer_;
  std::vector<double> decays_;  // by parameter: precision / examples
};

}  // namespace credence
