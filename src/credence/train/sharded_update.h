#pragma once

#include "credence/train/element_shares.h"
#include "credence/train/weight_update.h"

namespace credence {

/// Each rank moves its own share of each parameter, by the sum of the gradients of that share, and
/// keeps the optimizer's state for it alone; then all get the weights of all. The optimizer treats
/// every element alone: it is given the shares as if they were parameters.
///
/// KL is summed over the ranks: with the gradients in a fixed order it still agrees with that of
/// one rank to rounding alone, while the weights agree to the bit.
///
/// Source  Rajbhandari et al. 2020, arXiv:1910.02054: ZeRO stage 1.
class ShardedUpdate final : public WeightUpdate {
 public:
  ShardedUpdate(const TrainerParts& parts, const WeightUpdateOptions& options);

  GradientBuckets& buckets() override { return buckets_; }
  void begin_pass(const StepContext& context) override;
  void add(std::size_t offset, std::size_t count) override { buckets_.add(offset, count); }
  void finish_gradients() override { buckets_.finalize(); }
  double move(double kl_scale, double learning_rate, const StepContext& context) override;
  std::vector<NamedTensor> state() override;
  void restore(const std::function<void(std::span<NamedTensor>)>& load) override;

 private:
  const std::vector<WeightRange>& own_shares() const {
    return shares_.of_rank(communicator_.rank());
  }
  /// Of a parameter's gradient among the model's.
  std::size_t offset_of(std::size_t parameter) const;
  void gather_weights();
  /// Whole tensors for the optimizer's state, zero.
  std::vector<NamedTensor> whole_state();
  /// The number of the parameter that a tensor of that state is of.
  std::size_t parameter_of(std::size_t tensor, std::size_t tensors) const;

  Model& model_;
  Optimizer& optimizer_;
  Communicator& communicator_;
  ElementShares shares_;
  std::vector<Parameter> own_;          // this rank's share of each parameter
  std::vector<Parameter*> pointers_;    // to them
  std::vector<std::size_t> by_offset_;  // parameters, as their gradients lie in the model's
  std::shared_ptr<ShardedSum> sum_;
  GradientBuckets buckets_;
};

}  // namespace credence
