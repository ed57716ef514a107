#pragma once

#include <vector>

#include "credence/train/micro_batch.h"

namespace credence {

/// Adds up the gradients of the micro-batches of a step: a backward pass overwrites those of the
/// one before. Those of a shard are added one after the other, shards in a tree.
class GradientAccumulator {
 public:
  /// `gradients`: a model's. The memory for sums is made here: one if a shard has several
  /// micro-batches, and log2(shards).
  GradientAccumulator(const Tensor& gradients, int shards, std::int64_t micro_batches_of_shard);

  /// This micro-batch's gradients [offset, offset + count) are final. If it is the step's last one,
  /// they now are the sum over all.
  void add(const MicroBatch& part, std::int64_t offset, std::int64_t count);

 private:
  Tensor gradients_;
  Tensor sum_;                ///< over the micro-batches of the shard before
  std::vector<Tensor> tree_;  ///< [level]: the sum over 2^level shards that waits for its partner
};

}  // namespace credence
