#pragma once

#include "credence/data/batch_plan.h"

namespace credence {

/// Slices of the global batch whose gradients are added in a tree, ((0 + 1) + (2 + 3)) + ..., so
/// that the sum has the same bits on any number of ranks that share them out evenly.
struct VirtualShards {
  int all = 1;    ///< of the global batch
  int own = 1;    ///< of this rank, one after the other
  int first = 0;  ///< the number of the first of these

  bool are_used() const { return all > 1; }
};

/// Shares `all` of them out among the ranks. None are used, and sums agree to rounding alone,
/// unless the ranks are a power of two and no more than the shards are; nor if `all` is 0.
VirtualShards virtual_shards(int all, int rank, int size);

/// The part of a rank's batch that goes through the model at once: n rows, n may be 0.
struct MicroBatch {
  Tensor src;                       ///< [n, ...]
  Tensor target;                    ///< [n, ...]
  std::uint32_t first_example = 0;  ///< position of row 0 in the global batch
  int shard = 0, shards = 1;        ///< which of this rank's, of how many
  std::int64_t index = 0;           ///< among those of the shard
  std::int64_t count = 1;           ///< of those of the shard

  bool is_first() const { return shard == 0 && index == 0; }
  bool ends_shard() const { return index + 1 == count; }
  bool is_last() const { return ends_shard() && shard + 1 == shards; }
};

/// The most rows of a micro-batch, of at most `rows` of a rank: `micro_batch`, or all if that is 0.
std::int64_t rows_at_once(std::int64_t rows, std::int64_t micro_batch);

/// Into how many a rank's batch, or shard, of at most `rows` rows is cut: as many on every rank,
/// for layers may sum over the ranks.
std::int64_t micro_batch_count(std::int64_t rows, std::int64_t micro_batch);

/// Cuts the batch of a rank: into its shards, and each into parts of `micro_batch` rows, the last
/// of which may have fewer, or none.
class MicroBatching {
 public:
  MicroBatching(std::int64_t micro_batch, VirtualShards shards)
      : micro_batch_(micro_batch), shards_(shards) {}

  const VirtualShards& shards() const { return shards_; }
  // Of a step of at most `global_batch` examples, of which a rank has at most `max_rows`:
  /// the most rows of a micro-batch,
  std::int64_t rows_at_once(std::int64_t global_batch, std::int64_t max_rows) const;
  /// micro-batches of a shard, and of a rank.
  std::int64_t count_of_shard(std::int64_t global_batch, std::int64_t max_rows) const;
  std::int64_t count(std::int64_t global_batch, std::int64_t max_rows) const {
    return shards_.own * count_of_shard(global_batch, max_rows);
  }
  /// Number `index` of them.
  MicroBatch part(const Batch& batch, std::int64_t index) const;

 private:
  std::int64_t rows_of_shard(std::int64_t global_batch, std::int64_t max_rows) const;

  std::int64_t micro_batch_;
  VirtualShards shards_;
};

}  // namespace credence
