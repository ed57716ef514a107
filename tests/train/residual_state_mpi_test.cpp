#include <algorithm>

#include "support/mpi.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/comm/int8.h"
#include "credence/train/residual_state.h"

namespace credence::test {
namespace {

constexpr std::size_t size = 5;

/// A rank's buckets, which keep what int8 loses.
struct Kept {
  std::vector<float> gradients = std::vector<float>(size);
  GradientBuckets buckets{communicator(),
                          std::span<float>(gradients),
                          {},
                          {.compression = std::make_shared<Int8Compression>(
                               Int8Compression::Options{.error_feedback = true})}};

  std::vector<float> values() { return {buckets.residual().begin(), buckets.residual().end()}; }
  void set(const std::vector<float>& values) {
    std::ranges::copy(values, buckets.residual().begin());
  }
  double sum_over_ranks(std::size_t i) {
    double sum = buckets.residual()[i];
    communicator().sum(std::span<double>(&sum, 1));
    return sum;
  }
};

std::vector<float> of_rank(int rank) {
  const auto begin = static_cast<float>(10 * rank);
  return {begin, begin + 1, begin + 2, begin + 3, begin + 4};
}

/// What rank 0 would read in a file.
std::vector<NamedTensor> saved(int rows) {
  Tensor tensor({rows, size});
  for (int row = 0; row < rows; ++row)
    std::ranges::copy(of_rank(row), tensor.rows(row, 1).span<float>().begin());
  return {{"compression.residual", tensor}};
}

TEST(ResidualState, HasARowForEachRankAndGoesBackToIt) {
  if (communicator().size() == 1) GTEST_SKIP() << "nothing travels from one rank alone";
  Kept kept;
  kept.set(of_rank(communicator().rank()));
  const std::vector<NamedTensor> state = ResidualState(kept.buckets, communicator()).state();
  if (communicator().rank() != 0) {
    EXPECT_TRUE(state.empty());
  } else {
    const std::vector<NamedTensor> expected = saved(communicator().size());
    ASSERT_EQ(state.size(), 1U);
    EXPECT_EQ(state[0].name, expected[0].name);
    EXPECT_EQ(state[0].tensor.shape(), expected[0].tensor.shape());
    EXPECT_TRUE(
        std::ranges::equal(state[0].tensor.span<float>(), expected[0].tensor.span<float>()));
  }
  Kept other;
  ResidualState(other.buckets, communicator())
      .restore(1, SavedState(saved(communicator().size()), "test"));
  EXPECT_EQ(other.values(), of_rank(communicator().rank()));
}

TEST(ResidualState, IsASumWhereRowsWouldTakeTooMuch) {
  if (communicator().size() == 1) GTEST_SKIP() << "nothing travels from one rank alone";
  Kept kept;
  kept.set(of_rank(communicator().rank()));
  const std::vector<NamedTensor> state =
      ResidualState(kept.buckets, communicator(), size * sizeof(float)).state();
  std::vector<double> sums(size);
  for (std::size_t i = 0; i < size; ++i) sums[i] = kept.sum_over_ranks(i);
  if (communicator().rank() == 0) {
    ASSERT_EQ(state.size(), 1U);
    ASSERT_EQ(state[0].tensor.shape(), Shape({1, size}));
    EXPECT_TRUE(std::ranges::equal(state[0].tensor.span<float>(), sums));
  }
}

TEST(ResidualState, LosesNothingOnAnotherNumberOfRanks) {
  if (communicator().size() == 1) GTEST_SKIP() << "nothing travels from one rank alone";
  for (const int rows : {1, 2, 3, 4, 7}) {
    Kept kept;
    kept.set(std::vector<float>(size, 100));  // is overwritten
    const std::vector<NamedTensor> state = saved(rows);
    ResidualState(kept.buckets, communicator()).restore(1, SavedState(state, "test"));
    for (std::size_t i = 0; i < size; ++i) {
      double expected = 0;
      for (int row = 0; row < rows; ++row) expected += of_rank(row)[i];
      EXPECT_EQ(kept.sum_over_ranks(i), expected) << rows << " rows";
    }
  }
}

TEST(ResidualState, BeginsWithNothingWhereNothingWasSaved) {
  Kept kept;
  const std::vector<float> before = kept.values();
  ResidualState(kept.buckets, communicator()).restore(1, SavedState({}, "test"));
  EXPECT_EQ(kept.values(), before);
}

TEST(ResidualState, IsNotThatOfAnotherNetwork) {
  if (communicator().size() == 1) GTEST_SKIP() << "nothing travels from one rank alone";
  Kept kept;
  const std::vector<NamedTensor> state{{"compression.residual", Tensor({2, size + 1})}};
  EXPECT_THROW(ResidualState(kept.buckets, communicator()).restore(1, SavedState(state, "test")),
               DataError);
}

TEST(ResidualState, IsDroppedWhereNothingIsKept) {
  std::vector<float> gradients(size);
  GradientBuckets plain(communicator(), std::span<float>(gradients));
  ResidualState state(plain, communicator());
  EXPECT_TRUE(state.state().empty());
  const std::vector<NamedTensor> rows = saved(2);
  EXPECT_NO_THROW(state.restore(1, SavedState(rows, "test")));
}

}  // namespace
}  // namespace credence::test
