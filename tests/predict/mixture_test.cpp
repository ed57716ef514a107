#include "credence/predict/mixture.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "credence/distributions/gaussian.h"

namespace credence {
namespace {

struct Draw {
  double mean, variance;
};

Tensor row_of(double value) {
  Tensor row({1, 1});
  row.fill(value);
  return row;
}

/// The figures of one example with one target.
Predictions predictions_of(const std::vector<Draw>& draws, double target, double interval = 0.9) {
  Predictions predictions{.nll = Tensor({1})};
  for (Tensor* figure : {&predictions.sigma, &predictions.epistemic_sigma, &predictions.lower,
                         &predictions.upper, &predictions.crps, &predictions.pit})
    *figure = Tensor({1, 1});
  Mixture mixture(static_cast<std::int64_t>(draws.size()), 1, 1);
  for (std::size_t s = 0; s < draws.size(); ++s) {
    const double log_density =
        gaussian_log_density(target, draws[s].mean, std::sqrt(draws[s].variance));
    mixture.add(static_cast<std::int64_t>(s), 0,
                {row_of(draws[s].mean), row_of(draws[s].variance), std::span(&log_density, 1)});
  }
  const Tensor targets = row_of(target);
  mixture.finish({.begin = 0, .end = 1, .target = targets, .interval = interval}, predictions);
  return predictions;
}

double only(const Tensor& tensor) {
  return tensor.span<float>()[0];
}

double cdf_of(const std::vector<Draw>& draws, double x) {
  double sum = 0;
  for (const Draw& draw : draws)
    sum += 0.5 * std::erfc((draw.mean - x) / std::sqrt(2 * draw.variance));
  return sum / static_cast<double>(draws.size());
}

const std::vector<Draw> three{{1, 1}, {4, 3}, {4, 5}};

TEST(Mixture, HasTheMomentsAndTheMeanDensityOfItsDraws) {
  double density = 0;
  for (const Draw& draw : three)
    density += std::exp(gaussian_log_density(2, draw.mean, std::sqrt(draw.variance))) / 3;
  const Predictions predictions = predictions_of(three, 2);
  EXPECT_NEAR(only(predictions.nll), -std::log(density), 1e-6);
  EXPECT_NEAR(only(predictions.epistemic_sigma), std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(only(predictions.sigma), std::sqrt(2.0 + 3.0), 1e-6);
}

TEST(Mixture, TellsWhereTheTargetIsInIt) {
  for (const double target : {-3.0, 2.0, 6.5})
    EXPECT_NEAR(only(predictions_of(three, target).pit), cdf_of(three, target), 1e-6);
}

TEST(Mixture, OfOneDrawIsANormal) {
  const Predictions predictions = predictions_of({{7, 4}}, 9);
  EXPECT_EQ(only(predictions.epistemic_sigma), 0);
  EXPECT_EQ(only(predictions.sigma), 2);
  EXPECT_NEAR(only(predictions.lower), 7 - 2 * 1.6448536269514722, 1e-5);
  EXPECT_NEAR(only(predictions.upper), 7 + 2 * 1.6448536269514722, 1e-5);
  // sigma (z erf(z / sqrt 2) + 2 phi(z) - 1 / sqrt pi), z = 1.
  const double crps =
      2 * (std::erf(std::sqrt(0.5)) + 2 * std::exp(-0.5) / std::sqrt(2 * std::numbers::pi) -
           std::numbers::inv_sqrtpi);
  EXPECT_NEAR(only(predictions.crps), crps, 1e-6);
}

TEST(Mixture, HasItsIntervalsProbabilityBetweenItsQuantiles) {
  const std::vector<Draw> apart{{-100, 0.01}, {0, 1}, {100, 1e-4}};  // flat in between
  for (const auto& draws : {three, apart})
    for (const double interval : {0.1, 0.5, 0.9, 0.999}) {
      const Predictions predictions = predictions_of(draws, 0, interval);
      EXPECT_NEAR(cdf_of(draws, only(predictions.lower)), (1 - interval) / 2, 2e-4) << interval;
      EXPECT_NEAR(cdf_of(draws, only(predictions.upper)), (1 + interval) / 2, 2e-4) << interval;
    }
}

TEST(Mixture, HasTheRankedProbabilityScoreOfItsCdf) {
  for (const double target : {-3.0, 2.0, 6.0}) {
    double integral = 0;
    constexpr double width = 1e-3;
    for (double x = -30 + width / 2; x < 40; x += width) {
      const double difference = cdf_of(three, x) - (x >= target ? 1 : 0);
      integral += width * difference * difference;
    }
    EXPECT_NEAR(only(predictions_of(three, target).crps), integral, 1e-4) << target;
  }
}

TEST(Mixture, ShowsNanWhicheverDrawIsNan) {
  for (const std::size_t bad : {0, 2}) {
    auto draws = three;
    draws[bad].mean = NAN;
    EXPECT_TRUE(std::isnan(only(predictions_of(draws, 2).nll)));
    EXPECT_TRUE(std::isnan(only(predictions_of(draws, 2).sigma)));
  }
}

TEST(Mixture, KeepsTheSpreadOfLargeMeansAndTinyDensities) {
  std::vector<Draw> draws;
  for (int s = 0; s < 1000; ++s) draws.push_back({s % 2 ? 1e6 : 1e6 + 1, 1e-4});
  const Predictions predictions = predictions_of(draws, 1e6 + 3);
  EXPECT_NEAR(only(predictions.epistemic_sigma), 0.5, 1e-6);
  EXPECT_NEAR(only(predictions.nll),
              0.5 * 4e4 + std::log(0.01 * 2) + 0.5 * std::log(2 * std::numbers::pi), 1e-2);
}

}  // namespace
}  // namespace credence
