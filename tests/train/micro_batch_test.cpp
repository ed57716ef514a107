#include "credence/train/micro_batch.h"

#include <limits>

#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/data/loader.h"

namespace credence {
namespace {

/// 43 examples, each of which says its number.
std::shared_ptr<const Dataset> numbers() {
  Tensor src({43, 2}), target({43, 1});
  for (std::int64_t n = 0; n < 43; ++n) {
    src.span<float>()[2 * n] = src.span<float>()[2 * n + 1] = static_cast<float>(n);
    target.span<float>()[n] = static_cast<float>(n);
  }
  return std::make_shared<InMemoryDataset>("numbers", src, target, TargetInfo{});
}

TEST(MicroBatch, HasEachExampleOnceInItsPlaceAndAsManyPartsOnAllRanks) {
  for (const int ranks : {1, 2, 3, 5})
    for (const std::int64_t size : {0, 1, 3, 8, 16, 100})
      for (const std::uint64_t step : {0, 2}) {  // 20 examples, and the 3 that remain
        std::int64_t count = 0, examples = 0;
        for (int rank = 0; rank < ranks; ++rank) {
          Loader loader(numbers(), {.global_batch = 20, .shuffle = false}, rank, ranks);
          const Batch& batch = loader.load(step);
          const MicroBatching batching(size, {});
          const std::int64_t parts = batching.count(batch.global_size, batch.max_rows);
          if (rank == 0) count = parts;
          EXPECT_EQ(parts, count) << "rank " << rank << " of " << ranks;
          for (std::int64_t i = 0; i < parts; ++i) {
            const MicroBatch part = batching.part(batch, i);
            const std::int64_t rows = part.src.shape()[0];
            EXPECT_EQ(part.is_first(), i == 0);
            EXPECT_EQ(part.is_last(), i == parts - 1);
            EXPECT_LE(rows, rows_at_once(loader.max_rows(), size));
            EXPECT_EQ(part.target.shape()[0], rows);
            for (std::int64_t row = 0; row < rows; ++row) {
              EXPECT_EQ(part.first_example + row, examples);
              EXPECT_EQ(part.src.span<float>()[2 * row], 20 * step + examples);
              EXPECT_EQ(part.target.span<float>()[row], 20 * step + examples);
              ++examples;
            }
          }
        }
        EXPECT_EQ(examples, step == 0 ? 20 : 3);
      }
}

/// "example-rows" of all micro-batches of a step, shard by shard.
std::vector<std::string> parts_of_shards(int ranks, std::int64_t micro_batch, std::uint64_t step) {
  std::vector<std::string> all;
  for (int rank = 0; rank < ranks; ++rank) {
    Loader loader(numbers(), {.global_batch = 20, .shuffle = false}, rank, ranks);
    const Batch& batch = loader.load(step);
    const MicroBatching batching(micro_batch, virtual_shards(8, rank, ranks));
    for (std::int64_t i = 0; i < batching.count(batch.global_size, batch.max_rows); ++i) {
      const MicroBatch part = batching.part(batch, i);
      const std::int64_t rows = part.src.shape()[0];
      all.push_back(concat(part.first_example, "-", rows));
      EXPECT_EQ(part.shards, 8 / ranks);
      if (rows == 0) continue;
      EXPECT_EQ(part.src.span<float>()[0], 20 * step + part.first_example);
    }
  }
  return all;
}

TEST(MicroBatch, OfVirtualShardsIsTheSameOnAnyNumberOfRanks) {
  for (const std::int64_t micro_batch : {0, 1, 2})
    for (const std::uint64_t step : {0, 2}) {  // 20 examples, and the 3 that remain
      const auto alone = parts_of_shards(1, micro_batch, step);
      for (const int ranks : {2, 4, 8})
        EXPECT_EQ(parts_of_shards(ranks, micro_batch, step), alone) << ranks << " ranks";
    }
}

TEST(VirtualShards, AreSharedOutEvenlyOrNotUsed) {
  const VirtualShards shards = virtual_shards(8, 3, 4);
  EXPECT_EQ(shards.own, 2);
  EXPECT_EQ(shards.first, 6);
  for (const int ranks : {3, 6, 16}) EXPECT_FALSE(virtual_shards(8, 0, ranks).are_used());
  EXPECT_FALSE(virtual_shards(0, 0, 1).are_used());
}

TEST(MicroBatch, MayBeLargerThanAnyBatch) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(rows_at_once(64, huge), 64);
  EXPECT_EQ(micro_batch_count(64, huge), 1);
  EXPECT_EQ(micro_batch_count(64, 64), 1);
  EXPECT_EQ(micro_batch_count(64, 63), 2);
}

}  // namespace
}  // namespace credence
