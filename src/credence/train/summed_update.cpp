#include "credence/train/summed_update.h"

namespace credence {

SummedUpdate::SummedUpdate(const TrainerParts& parts, const WeightUpdateOptions& options)
    : model_(parts.model),
      optimizer_(parts.optimizer),
      buckets_(parts.communicator, parts.model.gradients().span<float>(), options.buckets,
               options.sum) {
  optimizer_.setup(model_.parameters());
}

void SummedUpdate::begin_pass(const StepContext& context) {
  optimizer_.begin_pass(model_.parameters(), context);
}

double SummedUpdate::move(double kl_scale, double learning_rate, const StepContext& context) {
  optimizer_.begin_step(model_.parameters(), learning_rate, context);
  return model_.add_kl_gradient(
      kl_scale, context, [this](std::size_t parameter, std::int64_t begin, std::int64_t end) {
        optimizer_.update(parameter, begin, end);
      });
}

void SummedUpdate::restore(const std::function<void(std::span<NamedTensor>)>& load) {
  std::vector<NamedTensor> shared = optimizer_.state();
  load(shared);
}

}  // namespace credence
