#pragma once

#include <functional>

#include "credence/comm/gradient_buckets.h"
#include "credence/train/trainer_parts.h"

namespace credence {

struct WeightUpdateOptions {
  GradientSumOptions sum;
  bool sharded_optimizer = false;  ///< each rank keeps the optimizer's state of its own elements
  std::int64_t local_steps = 1;    ///< 1: the gradients of each step meet
  std::int64_t local_after = 0;    ///< steps before
  GradientBucketsOptions buckets;
};

/// How the gradients of the ranks move the weights of all. Steps are counted from 0.
class WeightUpdate {
 public:
  virtual ~WeightUpdate() = default;

  /// Whether the rank takes this step by its own gradients.
  virtual bool is_local(std::uint64_t /*step*/) const { return false; }
  /// Whether every rank has the same weights after this step.
  virtual bool ranks_meet(std::uint64_t /*step*/) const { return true; }
  /// By how many examples a rank divides the sum of its losses at a step ...
  virtual double examples(const StepContext& context) const {
    return static_cast<double>(context.global_batch);
  }
  /// ... and by what the sum of the ranks' figures is to be multiplied, therefore.
  virtual double share_of_figures(std::uint64_t /*step*/) const { return 1; }

  /// By which the ranks meet.
  virtual GradientBuckets& buckets() = 0;

  /// Before the step's forward pass.
  virtual void begin_pass(const StepContext& context) = 0;
  /// This rank's gradients [offset, offset + count) are final, and not touched before
  /// finish_gradients() returns. All ranks make the same calls in the same order.
  virtual void add(std::size_t offset, std::size_t count) = 0;
  /// After the backward pass: the gradients of the ranks have met.
  virtual void finish_gradients() = 0;
  /// Adds the gradient of KL, so many times, and moves the weights; returns KL. Collective.
  virtual double move(double kl_scale, double learning_rate, const StepContext& context) = 0;

  /// The optimizer's whole state, on rank 0; what others return is nothing to save. Collective.
  virtual std::vector<NamedTensor> state() = 0;
  /// On every rank: calls `load` with tensors like those of state(), to be filled, and takes them.
  virtual void restore(const std::function<void(std::span<NamedTensor>)>& load) = 0;
};

/// Sets up the optimizer too. Collective.
std::unique_ptr<WeightUpdate> make_weight_update(const TrainerParts& parts,
                                                 const WeightUpdateOptions& options);

}  // namespace credence
