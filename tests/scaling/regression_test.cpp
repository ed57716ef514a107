#include "credence/scaling/regression.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/scaling/scaling_fit.h"

namespace credence::test {
namespace {

Bounded coefficient(const std::vector<RegressionDraw>& draws, std::size_t j) {
  std::vector<double> values;
  for (const RegressionDraw& draw : draws) values.push_back(draw.coefficients[j]);
  return bounds_of(values);
}

TEST(Regression, FindsTheCoefficientsOfExactFigures) {
  std::vector<Observation> observations;
  for (const double x : {1.0, 2.0, 4.0, 8.0})
    observations.push_back({.terms = {1, x}, .value = 3 + 0.5 * x});
  RandomDraws random(1);
  const auto draws = nonnegative_regression(observations, {.prior_sigma = 1e-6}, random);
  EXPECT_NEAR(coefficient(draws, 0).value, 3, 1e-5);
  EXPECT_NEAR(coefficient(draws, 1).value, 0.5, 1e-5);
}

TEST(Regression, OfOneMeanIsStudentsT) {
  // With the prior's observation there are n + 1 of them, and n degrees of freedom.
  const std::vector<double> values{10.1, 9.7, 10.4, 9.9, 10.2};
  std::vector<Observation> observations;
  double mean = 0, squares = 0;
  for (const double value : values) {
    observations.push_back({.terms = {1}, .value = value});
    mean += value / 5;
  }
  for (const double value : values) squares += (value - mean) * (value - mean);
  constexpr double prior = 0.3, t95_of_5 = 2.015;
  const double scale = std::sqrt((squares + prior * prior) / 5 / 5);
  RandomDraws random(1);
  const auto draws =
      nonnegative_regression(observations, {.prior_sigma = prior, .draws = 20'000}, random);
  const Bounded bounds = coefficient(draws, 0);
  // A 5 % quantile of 20,000 draws, some of them alike, is 0.02 of them off.
  EXPECT_NEAR(bounds.low, mean - t95_of_5 * scale, 0.1 * scale);
  EXPECT_NEAR(bounds.high, mean + t95_of_5 * scale, 0.1 * scale);
}

TEST(Regression, CoversTheTruthAsOftenAsItSays) {
  constexpr int n = 500;
  int inside = 0;
  RandomDraws noise(7, "noise");
  for (int i = 0; i < n; ++i) {
    std::vector<Observation> observations;
    for (const double x : {1.0, 2.0, 4.0})
      for (int repetition = 0; repetition < 2; ++repetition)
        observations.push_back(
            {.terms = {1, x}, .value = (2 + x) * (1 + 0.03 * noise.normal()), .scale = 2 + x});
    RandomDraws random(static_cast<std::uint64_t>(i));
    const Bounded slope = coefficient(
        nonnegative_regression(observations, {.prior_sigma = 0.03, .draws = 500}, random), 1);
    if (slope.low < 1 && 1 < slope.high) ++inside;
  }
  EXPECT_LT(std::abs(inside - 0.9 * n) / std::sqrt(0.9 * 0.1 * n), 4) << inside << " of " << n;
}

TEST(Regression, LeavesOpenWhatCannotBeToldApart) {
  std::vector<Observation> observations;
  for (int i = 0; i < 4; ++i) observations.push_back({.terms = {2, 1}, .value = 6 + 1e-4 * i});
  RandomDraws random(1);
  const auto draws = nonnegative_regression(observations, {.prior_sigma = 1e-4}, random);
  const Bounded first = coefficient(draws, 0), second = coefficient(draws, 1);
  EXPECT_LT(first.low, 0.3);
  EXPECT_GT(first.high, 2.7);
  EXPECT_LT(second.low, 0.6);
  EXPECT_GT(second.high, 5.4);
  for (const RegressionDraw& draw : draws)
    EXPECT_NEAR(2 * draw.coefficients[0] + draw.coefficients[1], 6, 0.01);
}

TEST(Regression, HasNoNegativeCoefficient) {
  std::vector<Observation> observations;
  for (const double x : {1.0, 2.0, 3.0})  // falls, though none may
    observations.push_back({.terms = {1, x}, .value = 5 - 0.1 * x});
  RandomDraws random(1);
  const auto draws = nonnegative_regression(observations, {}, random);
  EXPECT_TRUE(std::ranges::all_of(draws, [](const RegressionDraw& draw) {
    return draw.coefficients[0] >= 0 && draw.coefficients[1] >= 0;
  }));
  EXPECT_LT(coefficient(draws, 1).value, 0.1);
  EXPECT_NEAR(coefficient(draws, 0).value, 4.8, 0.3);
}

TEST(Regression, RefusesATermThatNothingTellsOf) {
  RandomDraws random(1);
  EXPECT_THROW(nonnegative_regression({}, {}, random), InternalError);
  EXPECT_THROW(nonnegative_regression({{.terms = {1, 0}, .value = 1}}, {}, random), InternalError);
}

}  // namespace
}  // namespace credence::test
