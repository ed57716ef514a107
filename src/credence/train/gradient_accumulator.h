#pragma once

#include "credence/train/micro_batch.h"

namespace credence {

/// Adds up the gradients of the micro-batches of a step: a backward pass overwrites those of the
/// one before.
class GradientAccumulator {
 public:
  /// `gradients`: a model's. The memory for the sum is made here, and only if a step has several
  /// micro-batches.
  GradientAccumulator(const Tensor& gradients, std::int64_t micro_batches);

  /// This micro-batch's gradients [offset, offset + count) are final. If it is the step's last one,
  /// they now are the sum over all.
  void add(const MicroBatch& part, std::int64_t offset, std::int64_t count);

 private:
  Tensor gradients_;
  Tensor sum_;  ///< over the micro-batches before
};

}  // namespace credence
