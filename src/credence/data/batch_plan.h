#pragma once

#include <cstdint>
#include <vector>

#include "credence/data/dataset.h"
#include "credence/random/noise.h"

namespace credence {

/// How a data set is cut into batches.
struct LoaderOptions {
  std::int64_t global_batch = 64;    ///< examples a step over all ranks
  std::int64_t steps_per_epoch = 0;  ///< 0: as many as one pass over the data set takes
  bool shuffle = true;               ///< false: in the data set's order, as for evaluation
  bool drop_last = false;            ///< leave out the short batch at the end of an epoch
  /// Read the next batch on a background thread, unless the data set is in memory: copying rows is
  /// a trifle for all threads, and a thread more would take the core of one.
  bool prefetch = true;
  std::uint64_t seed = 0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("global_batch", global_batch);
    v("steps_per_epoch", steps_per_epoch);
    v("shuffle", shuffle);
    v("drop_last", drop_last);
    v("prefetch", prefetch);
    v("seed", seed);
  }
};

/// This rank's part of the global batch of one step: n rows, n may be 0.
struct Batch {
  Tensor src;                         ///< [n, ...] float32
  Tensor target;                      ///< [n, ...] float32
  std::vector<std::int64_t> indices;  ///< of the n examples in the data set
  std::int64_t global_size = 0;       ///< rows over all ranks
  std::int64_t max_rows = 0;          ///< the most rows of a rank
  std::uint32_t first_example = 0;    ///< position of row 0 in the global batch
};

/// Which examples a rank reads at a step: a pure function of options, data set size and step.
///
/// Without steps_per_epoch, each epoch visits every example once in an order of its own, and its
/// last batch may be short. With it, all batches are full: they are cut from an endless row of
/// passes over the data set, each pass in an order of its own.
///
/// Rank r of s has rows [n * r / s, n * (r + 1) / s) of a global batch of n.
/// Noise   Stream::shuffle under the data set's name, by pass.
/// Errors  ConfigError if a batch is larger than the data set, or an option makes no sense.
class BatchPlan {
 public:
  BatchPlan(const Dataset& dataset, const LoaderOptions& options, int rank, int size);

  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }
  /// The most rows that one of this many ranks ever has.
  std::int64_t global_batch() const { return options_.global_batch; }
  std::int64_t max_rows() const { return (options_.global_batch + size_ - 1) / size_; }
  /// Fills in all of `batch` but src and target.
  void describe(std::uint64_t step, Batch& batch) const;

 private:
  /// The examples at places [begin, begin + indices.size()) of a pass over the data set.
  void read_places(std::uint64_t pass, std::uint64_t begin, std::span<std::int64_t> indices) const;

  LoaderOptions options_;
  std::uint64_t examples_;
  std::int64_t steps_per_epoch_;
  NoiseKey key_;
  int rank_;
  int size_;
};

}  // namespace credence
