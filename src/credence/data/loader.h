#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "credence/data/batch_plan.h"

namespace credence {

/// Reads the batches of a data set, any step in any order. Two batches are held: the one last
/// loaded and the next one, which a background thread reads ahead; of a data set in memory, one.
/// Nothing is allocated a step.
class Loader {
 public:
  Loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options, int rank = 0,
         int size = 1);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The batch of a step, counted from 0 over all epochs; valid until the next call. Reads ahead
  /// the step after it. Throws what Dataset::read throws, on whichever thread it ran.
  const Batch& load(std::uint64_t step);

  std::int64_t steps_per_epoch() const { return plan_.steps_per_epoch(); }
  /// Examples of a step, of all ranks.
  std::int64_t global_batch() const { return plan_.global_batch(); }
  /// The most rows that a rank ever has.
  std::int64_t max_rows() const { return plan_.max_rows(); }
  const Dataset& dataset() const { return *dataset_; }

 private:
  /// A batch and the memory that its views show parts of.
  struct Slot {
    Tensor src;
    Tensor target;
    Batch batch;
    std::optional<std::uint64_t> step;  ///< the step that it holds
  };
  class ReadAhead;

  void fill(Slot& slot, std::uint64_t step) const;

  std::shared_ptr<const Dataset> dataset_;
  BatchPlan plan_;
  Slot current_;
  Slot next_;
  std::unique_ptr<ReadAhead> read_ahead_;  // the last member: its thread uses the others
};

}  // namespace credence
