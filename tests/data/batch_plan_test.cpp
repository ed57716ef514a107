#include "credence/data/batch_plan.h"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using Indices = std::vector<std::int64_t>;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

InMemoryDataset examples(std::int64_t count, const std::string& name = "examples") {
  return {name, Tensor({count, 1}), Tensor({count, 1}), {}};
}

Batch describe(const BatchPlan& plan, std::uint64_t step) {
  Batch batch;
  plan.describe(step, batch);
  return batch;
}

/// What one rank draws in steps [begin, begin + steps), one after the other.
Indices drawn(const BatchPlan& plan, std::uint64_t begin, std::int64_t steps) {
  Indices all;
  for (std::int64_t i = 0; i < steps; ++i) {
    const Batch batch = describe(plan, begin + static_cast<std::uint64_t>(i));
    all.insert(all.end(), batch.indices.begin(), batch.indices.end());
  }
  return all;
}

Indices first_numbers(std::int64_t count) {
  Indices numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

Indices sorted(Indices indices) {
  std::ranges::sort(indices);
  return indices;
}

TEST(BatchPlan, RanksTogetherDrawTheBatchOfOneRank) {
  const auto dataset = examples(103);
  for (const std::int64_t steps_per_epoch : {0, 5})
    for (const int size : {1, 2, 3, 4, 7, 20}) {
      const LoaderOptions options{
          .global_batch = 16, .steps_per_epoch = steps_per_epoch, .seed = 3};
      const BatchPlan one(dataset, options, 0, 1);
      for (std::uint64_t step = 0; step < 15; ++step) {
        const Batch whole = describe(one, step);
        Indices together;
        for (int rank = 0; rank < size; ++rank) {
          const BatchPlan plan(dataset, options, rank, size);
          const Batch part = describe(plan, step);
          EXPECT_EQ(part.first_example, together.size());
          EXPECT_EQ(part.global_size, whole.global_size);
          EXPECT_LE(std::ssize(part.indices), plan.max_rows());
          together.insert(together.end(), part.indices.begin(), part.indices.end());
        }
        EXPECT_EQ(together, whole.indices) << size << " ranks, step " << step;
        EXPECT_EQ(std::ssize(together), whole.global_size);
      }
    }
}

TEST(BatchPlan, EachEpochIsAnOrderOfItsOwn) {
  const auto dataset = examples(100);
  const BatchPlan plan(dataset, {.global_batch = 16}, 0, 1);
  ASSERT_EQ(plan.steps_per_epoch(), 7);
  const Indices first = drawn(plan, 0, 7);
  const Indices second = drawn(plan, 7, 7);
  EXPECT_EQ(sorted(first), first_numbers(100));
  EXPECT_EQ(sorted(second), first_numbers(100));
  EXPECT_NE(first, second);
  EXPECT_NE(first, first_numbers(100));
  EXPECT_EQ(describe(plan, 6).global_size, 4);
  EXPECT_EQ(describe(plan, 7).global_size, 16);
}

TEST(BatchPlan, OrderDependsOnSeedAndName) {
  const auto order = [](const std::string& name, std::uint64_t seed) {
    return drawn({examples(100, name), {.global_batch = 20, .seed = seed}, 0, 1}, 0, 5);
  };
  EXPECT_EQ(order("a", 1), order("a", 1));
  EXPECT_NE(order("a", 1), order("a", 2));
  EXPECT_NE(order("a", 1), order("b", 1));
}

TEST(BatchPlan, DropsTheShortBatch) {
  const auto dataset = examples(100);
  const BatchPlan plan(dataset, {.global_batch = 16, .drop_last = true}, 0, 1);
  EXPECT_EQ(plan.steps_per_epoch(), 6);
  const Indices first = sorted(drawn(plan, 0, 6));
  EXPECT_EQ(first.size(), 96);
  EXPECT_EQ(std::ranges::adjacent_find(first), first.end());
  EXPECT_EQ(BatchPlan(examples(96), {.global_batch = 16}, 0, 1).steps_per_epoch(), 6);
}

TEST(BatchPlan, WithoutShufflingKeepsTheOrder) {
  const BatchPlan plan(examples(50), {.global_batch = 16, .shuffle = false}, 0, 1);
  EXPECT_EQ(drawn(plan, 0, 4), first_numbers(50));
  EXPECT_EQ(drawn(plan, 4, 4), first_numbers(50));
}

TEST(BatchPlan, StepsPerEpochWrapsThroughFreshOrders) {
  // 5 batches of 8 out of 10 examples are four passes.
  const BatchPlan plan(examples(10), {.global_batch = 8, .steps_per_epoch = 5}, 0, 1);
  EXPECT_EQ(plan.steps_per_epoch(), 5);
  const Indices all = drawn(plan, 0, 5);
  ASSERT_EQ(all.size(), 40);
  for (int pass = 0; pass < 4; ++pass)
    EXPECT_EQ(sorted({all.begin() + pass * 10, all.begin() + pass * 10 + 10}), first_numbers(10));
  EXPECT_NE(Indices(all.begin(), all.begin() + 10), Indices(all.begin() + 10, all.begin() + 20));
  // A short epoch leaves off where the next one goes on.
  const BatchPlan brief(examples(10), {.global_batch = 5, .steps_per_epoch = 1}, 0, 1);
  EXPECT_EQ(sorted(drawn(brief, 0, 2)), first_numbers(10));
}

TEST(BatchPlan, RanksBeyondTheBatchHaveNoRows) {
  const BatchPlan last(examples(4), {.global_batch = 2}, 3, 4);
  const BatchPlan first(examples(4), {.global_batch = 2}, 0, 4);
  EXPECT_EQ(describe(first, 0).indices.size(), 0);
  EXPECT_EQ(describe(last, 0).indices.size(), 1);
  EXPECT_EQ(describe(first, 0).global_size, 2);
}

TEST(BatchPlan, RefusesOptionsThatMakeNoSense) {
  const auto plan = [](const LoaderOptions& options) {
    return [options] { BatchPlan(examples(100), options, 0, 1); };
  };
  EXPECT_THAT(plan({.global_batch = 128}),
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("128"), HasSubstr("100"))));
  EXPECT_THROW(plan({.global_batch = 0})(), ConfigError);
  EXPECT_THROW(plan({.steps_per_epoch = -1})(), ConfigError);
  EXPECT_NO_THROW(plan({.global_batch = 100})());
}

}  // namespace
}  // namespace credence
