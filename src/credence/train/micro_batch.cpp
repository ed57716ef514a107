#include "credence/train/micro_batch.h"

#include <algorithm>

namespace credence {

std::int64_t rows_at_once(std::int64_t rows, std::int64_t micro_batch) {
  return micro_batch > 0 ? std::min(rows, micro_batch) : rows;
}

std::int64_t micro_batch_count(std::int64_t rows, std::int64_t micro_batch) {
  return micro_batch > 0 && rows > 0 ? (rows - 1) / micro_batch + 1 : 1;
}

MicroBatch micro_batch_of(const Batch& batch, std::int64_t micro_batch, std::int64_t index) {
  const std::int64_t all = batch.src.shape()[0], size = rows_at_once(all, micro_batch);
  const std::int64_t begin = std::min(all, index * size), rows = std::min(all - begin, size);
  return {.src = batch.src.rows(begin, rows),
          .target = batch.target.rows(begin, rows),
          .first_example = batch.first_example + static_cast<std::uint32_t>(begin),
          .index = index,
          .count = micro_batch_count(batch.max_rows, micro_batch)};
}

}  // namespace credence
