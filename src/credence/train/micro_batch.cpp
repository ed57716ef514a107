#include "credence/train/micro_batch.h"

#include <algorithm>
#include <bit>

namespace credence {

VirtualShards virtual_shards(int all, int rank, int size) {
  if (all <= 1 || size > all || !std::has_single_bit(static_cast<unsigned>(size))) return {};
  return {.all = all, .own = all / size, .first = all / size * rank};
}

std::int64_t rows_at_once(std::int64_t rows, std::int64_t micro_batch) {
  return micro_batch > 0 ? std::min(rows, micro_batch) : rows;
}

std::int64_t micro_batch_count(std::int64_t rows, std::int64_t micro_batch) {
  return micro_batch > 0 && rows > 0 ? (rows - 1) / micro_batch + 1 : 1;
}

std::int64_t MicroBatching::rows_of_shard(std::int64_t global_batch, std::int64_t max_rows) const {
  return shards_.are_used() ? (global_batch + shards_.all - 1) / shards_.all : max_rows;
}

std::int64_t MicroBatching::rows_at_once(std::int64_t global_batch, std::int64_t max_rows) const {
  return credence::rows_at_once(rows_of_shard(global_batch, max_rows), micro_batch_);
}

std::int64_t MicroBatching::count_of_shard(std::int64_t global_batch, std::int64_t max_rows) const {
  return micro_batch_count(rows_of_shard(global_batch, max_rows), micro_batch_);
}

MicroBatch MicroBatching::part(const Batch& batch, std::int64_t index) const {
  const std::int64_t count = count_of_shard(batch.global_size, batch.max_rows);
  const auto shard = static_cast<int>(index / count);
  std::int64_t shard_begin = 0, shard_end = batch.src.shape()[0];
  if (shards_.are_used()) {
    const std::int64_t number = shards_.first + shard, first = batch.first_example;
    shard_begin = batch.global_size * number / shards_.all - first;
    shard_end = batch.global_size * (number + 1) / shards_.all - first;
  }
  const std::int64_t all = shard_end - shard_begin;
  const std::int64_t size = credence::rows_at_once(all, micro_batch_);
  const std::int64_t begin = std::min(all, index % count * size);
  const std::int64_t rows = std::min(all - begin, size);
  return {.src = batch.src.rows(shard_begin + begin, rows),
          .target = batch.target.rows(shard_begin + begin, rows),
          .first_example = batch.first_example + static_cast<std::uint32_t>(shard_begin + begin),
          .shard = shard,
          .shards = shards_.own,
          .index = index % count,
          .count = count};
}

}  // namespace credence
