#include "credence/predict/exact_sums.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace credence {
namespace {

/// Values in (0, 1], over all the exponents of float32.
std::vector<float> values(std::int64_t count) {
  std::mt19937 random(7);
  std::vector<float> terms;
  for (std::int64_t i = 0; i < count; ++i)
    terms.push_back(std::exp2(-std::generate_canonical<float, 24>(random) *
                              static_cast<float>(i % 3 == 0 ? 1 : i % 90)));
  return terms;
}

double sum_of(const std::vector<float>& terms) {
  ExactSums sum(1, std::ssize(terms), 1.5);
  for (const float term : terms) sum.add(0, 1, [term](std::int64_t) { return double{term}; });
  return sum[0];
}

TEST(ExactSums, AreTheSameInAnyOrder) {
  for (const std::int64_t count : {2, 30, 65536}) {
    std::vector<float> terms = values(count);
    const double forward = sum_of(terms);
    std::ranges::sort(terms);
    EXPECT_EQ(sum_of(terms), forward) << count;
    std::ranges::reverse(terms);
    EXPECT_EQ(sum_of(terms), forward) << count;
  }
}

/// Plain sums are not, or the test above says nothing.
TEST(ExactSums, AddTermsWhosePlainSumDependsOnTheOrder) {
  std::vector<float> terms = values(65536);
  const auto plain = [&] {
    double sum = 0;
    for (const float term : terms) sum += term;
    return sum;
  };
  const double forward = plain();
  std::ranges::sort(terms);
  EXPECT_NE(plain(), forward);
}

TEST(ExactSums, LoseNothingOfSmallTerms) {
  for (const float term : {1.0F, 0.1F, 1e-10F, 1e-20F, 1e-30F}) {
    EXPECT_EQ(sum_of({term}), term);
    EXPECT_NEAR(sum_of(std::vector<float>(30, term)) / (30.0 * term), 1, 1e-9) << term;
  }
}

}  // namespace
}  // namespace credence
