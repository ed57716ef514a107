#pragma once

#include "credence/train/weight_update.h"

namespace credence {

/// Every rank has the sum of all gradients, and takes the same step.
class SummedUpdate final : public WeightUpdate {
 public:
  SummedUpdate(const TrainerParts& parts, const WeightUpdateOptions& options);

  GradientBuckets& buckets() override { return buckets_; }
  void begin_pass(const StepContext& context) override;
  void add(std::size_t offset, std::size_t count) override { buckets_.add(offset, count); }
  void finish_gradients() override { buckets_.finalize(); }
  double move(double kl_scale, double learning_rate, const StepContext& context) override;
  std::vector<NamedTensor> state() override { return optimizer_.state(); }
  void restore(const std::function<void(std::span<NamedTensor>)>& load) override;

 private:
  Model& model_;
  Optimizer& optimizer_;
  GradientBuckets buckets_;
};

}  // namespace credence
