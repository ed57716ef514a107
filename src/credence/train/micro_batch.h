#pragma once

#include "credence/data/batch_plan.h"

namespace credence {

/// The part of a rank's batch that goes through the model at once: n rows, n may be 0.
struct MicroBatch {
  Tensor src;                       ///< [n, ...]
  Tensor target;                    ///< [n, ...]
  std::uint32_t first_example = 0;  ///< position of row 0 in the global batch
  std::int64_t index = 0;           ///< among those of the step
  std::int64_t count = 1;           ///< of those of the step

  bool is_first() const { return index == 0; }
  bool is_last() const { return index + 1 == count; }
};

/// The most rows of a micro-batch, of at most `rows` of a rank: `micro_batch`, or all if that is 0.
std::int64_t rows_at_once(std::int64_t rows, std::int64_t micro_batch);

/// Into how many a step is cut whose ranks have at most `rows` rows: as many on every rank, for
/// layers may sum over the ranks.
std::int64_t micro_batch_count(std::int64_t rows, std::int64_t micro_batch);

/// Number `index` of those of `micro_batch` rows: the last ones may have fewer, or none.
MicroBatch micro_batch_of(const Batch& batch, std::int64_t micro_batch, std::int64_t index);

}  // namespace credence
