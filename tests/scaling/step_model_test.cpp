#include "credence/scaling/step_model.h"

#include <cmath>
#include <numbers>

#include "scaling/synthetic_runs.h"
#include <gtest/gtest.h>

#include "credence/scaling/expected_maximum.h"

namespace credence::test {
namespace {

TEST(ExpectedMaximum, HasItsClosedFormsUpToFive) {
  const double root_pi = std::sqrt(std::numbers::pi);
  const double angle = std::asin(1.0 / 3);
  EXPECT_NEAR(expected_maximum(1), 0, 1e-12);
  EXPECT_NEAR(expected_maximum(2), 1 / root_pi, 1e-12);
  EXPECT_NEAR(expected_maximum(3), 1.5 / root_pi, 1e-12);
  EXPECT_NEAR(expected_maximum(4), 3 / root_pi * (0.5 + angle / std::numbers::pi), 1e-12);
  EXPECT_NEAR(expected_maximum(5), 5 / root_pi * (0.25 + 1.5 * angle / std::numbers::pi), 1e-12);
}

TEST(ExpectedMaximum, OfManyIsTheMeanOfDraws) {
  constexpr int n = 1000, draws = 2000;
  RandomDraws random(1);
  double sum = 0, squares = 0;
  for (int i = 0; i < draws; ++i) {
    double largest = -10;
    for (int j = 0; j < n; ++j) largest = std::max(largest, random.normal());
    sum += largest;
    squares += largest * largest;
  }
  const double mean = sum / draws;
  const double deviation = std::sqrt(squares / draws - mean * mean);
  EXPECT_LT(std::abs(mean - expected_maximum(n)) / (deviation / std::sqrt(draws)), 4);
}

TEST(ExpectedMaximum, GrowsAsTheRootOfTwiceTheLogarithm) {
  double last = 1;
  for (const std::int64_t n : {1'000, 1'000'000, 1'000'000'000}) {
    const double short_of = std::sqrt(2 * std::log(static_cast<double>(n))) / expected_maximum(n);
    EXPECT_GT(short_of, 1);
    EXPECT_LT(short_of - 1, 0.8 * last);
    last = short_of - 1;
  }
}

const StepModel model{
    .fixed_s = 0.5, .example_s = 0.25, .latency_s = 3, .byte_s = 0.125, .jitter = 0.1};

TEST(StepModel, OfOneRankIsItsCompute) {
  const StepTimes times = model.times({.ranks = 1, .global_batch = 8, .bytes = 100});
  EXPECT_DOUBLE_EQ(times.compute, 2.5);
  EXPECT_DOUBLE_EQ(times.reduction, 0);
  EXPECT_NEAR(times.imbalance, 0, 1e-12);
}

TEST(StepModel, OfSeveralAddsASumAndTheSlowestRank) {
  const StepTimes times = model.times({.ranks = 4, .global_batch = 8, .bytes = 16});
  EXPECT_DOUBLE_EQ(times.compute, 1);
  EXPECT_DOUBLE_EQ(times.reduction, 3 * 2 + 0.125 * 16 * 1.5);
  EXPECT_NEAR(times.imbalance, 0.1 * expected_maximum(4), 1e-12);
}

TEST(StepModel, WaitsForTheRankWithAnExampleMore) {
  const StepSize size{.ranks = 3, .global_batch = 8};
  EXPECT_NEAR(size.rows_more(), 1.0 / 3, 1e-12);
  StepModel even = model;
  even.jitter = 0;
  EXPECT_NEAR(even.times(size).imbalance, 0.25 / 3, 1e-12);
}

}  // namespace
}  // namespace credence::test
