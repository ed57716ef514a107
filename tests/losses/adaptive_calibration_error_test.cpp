#include "credence/losses/adaptive_calibration_error.h"

#include <algorithm>
#include <cmath>

#include "losses/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using testing::random_labels;
using testing::random_tensor;
using testing::tensor_of;

double value_of(std::vector<ScoredExample> examples) {
  AdaptiveCalibrationError metric;
  *metric.collected() = std::move(examples);
  return metric.value();
}

TEST(AdaptiveCalibrationError, OfFifteenExamplesGivesEachABin) {
  std::vector<ScoredExample> examples;
  double sum = 0;
  for (int i = 0; i < 15; ++i) {
    const double confidence = (17 + i) / 32.0;
    examples.push_back({.score = confidence, .outcome = i % 3 == 0 ? 0.0 : 1.0});
    sum += std::abs(confidence - examples.back().outcome);
  }
  EXPECT_DOUBLE_EQ(value_of(examples), sum / 15);
  std::ranges::reverse(examples);
  EXPECT_DOUBLE_EQ(value_of(examples), sum / 15);
}

TEST(AdaptiveCalibrationError, AgreesWithAnIndependentComputation) {
  const std::size_t n = 15 * 40;
  const Tensor draws = random_tensor({n}, DType::float32, 1);
  const Tensor kinds = random_labels(n, 4, 2);
  std::vector<ScoredExample> examples;
  for (std::size_t i = 0; i < n; ++i)
    examples.push_back({.score = 1 / (1 + std::exp(-static_cast<double>(draws.span<float>()[i]))),
                        .outcome = kinds.span<float>()[i] == 0 ? 1.0 : 0.0});
  const double got = value_of(examples);
  std::ranges::sort(examples, {}, &ScoredExample::score);
  double sum = 0;
  for (std::size_t bin = 0; bin < 15; ++bin) {
    double gap = 0;
    for (std::size_t i = bin * 40; i < (bin + 1) * 40; ++i)
      gap += examples[i].score - examples[i].outcome;
    sum += std::abs(gap);
  }
  EXPECT_GT(got, 0.1);
  EXPECT_NEAR(got, sum / n, 1e-12);
}

TEST(AdaptiveCalibrationError, SharesWhatIsEquallyConfidentEvenly) {
  // Right half of the time at 0.5, whichever come first: calibrated in every bin.
  for (const bool right_first : {true, false}) {
    std::vector<ScoredExample> examples;
    for (int i = 0; i < 90; ++i) examples.push_back({0.5, (i < 45) == right_first ? 1.0 : 0.0});
    EXPECT_NEAR(value_of(examples), 0, 1e-12);
  }
  // Two examples are not enough for bins of their own, and count in full.
  EXPECT_NEAR(value_of({{0.75, 0}, {0.5, 0}}), (0.75 + 0.5) / 2, 1e-12);
  // The middle one of 15 bins has half of each, 1/30 of the whole: there they cancel.
  EXPECT_NEAR(value_of({{0.75, 1}, {0.5, 0}}),
              (7 * 0.25 + 7 * 0.5 + std::abs(0.5 * 0.5 - 0.5 * 0.25)) / 15, 1e-12);
}

TEST(AdaptiveCalibrationError, SeesWhatBinsOfEqualWidthHide) {
  // All in ece's last bin: a third at 0.95 and always right, the others at 1 and right 0.95 of the
  // time.
  std::vector<ScoredExample> examples;
  for (int i = 0; i < 400; ++i) examples.push_back({0.95, 1});
  for (int i = 0; i < 800; ++i) examples.push_back({1, i % 20 == 0 ? 0.0 : 1.0});
  EXPECT_NEAR(value_of(examples), 0.05, 1e-12);
}

TEST(AdaptiveCalibrationError, TakesTheTopClassOfPredictions) {
  AdaptiveCalibrationError metric;
  EXPECT_TRUE(std::isnan(metric.value()));
  const Tensor mean = tensor_of<float>({2, 2}, {0.75, 0.25, 0.5, 0.5});
  metric.update({.mean = mean.rows(0, 1)}, tensor_of<float>({1, 1}, {1}));
  metric.update({.mean = mean.rows(1, 1)}, tensor_of<float>({1, 1}, {1}));
  EXPECT_NEAR(metric.value(), (0.75 + 0.5) / 2, 1e-12);
  EXPECT_THROW(metric.update({.mean = mean}, tensor_of<float>({2, 1}, {0, 2})), DataError);
  metric.reset();
  EXPECT_TRUE(std::isnan(metric.value()));
}

}  // namespace
}  // namespace credence
