#include "credence/train/micro_batch.h"

#include <limits>

#include "support/random_tensor.h"
#include <gtest/gtest.h>

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
          const std::int64_t parts = micro_batch_count(batch.max_rows, size);
          if (rank == 0) count = parts;
          EXPECT_EQ(parts, count) << "rank " << rank << " of " << ranks;
          for (std::int64_t i = 0; i < parts; ++i) {
            const MicroBatch part = micro_batch_of(batch, size, i);
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

TEST(MicroBatch, MayBeLargerThanAnyBatch) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(rows_at_once(64, huge), 64);
  EXPECT_EQ(micro_batch_count(64, huge), 1);
  EXPECT_EQ(micro_batch_count(64, 64), 1);
  EXPECT_EQ(micro_batch_count(64, 63), 2);
}

}  // namespace
}  // namespace credence
