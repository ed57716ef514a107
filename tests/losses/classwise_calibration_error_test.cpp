#include "credence/losses/classwise_calibration_error.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "losses/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/losses/categorical_cross_entropy.h"

namespace credence {
namespace {

using testing::random_labels;
using testing::random_tensor;
using testing::tensor_of;

double value_of(const Tensor& mean, const Tensor& target) {
  const auto metric = make_metric("classwise_ece");
  metric->update({.mean = mean}, target);
  return metric->value();
}

Tensor random_probabilities(std::int64_t rows) {
  Tensor probabilities({rows, 6});
  CategoricalCrossEntropy().predict(random_tensor({rows, 6}, DType::float32, 8, 2), probabilities);
  return probabilities;
}

TEST(ClasswiseCalibrationError, MatchesAComputationByHand) {
  // Class 0 says 0.75 and 0.5 in two bins, of which the first is right; class 1 the rest.
  const Tensor mean = tensor_of<float>({2, 2}, {0.75, 0.25, 0.5, 0.5});
  EXPECT_EQ(value_of(mean, tensor_of<float>({2, 1}, {0, 1})), (0.25 + 0.5 + 0.25 + 0.5) / 4);
  // In one bin the distances of both rows cancel.
  const Tensor even = tensor_of<float>({2, 2}, {0.5, 0.5, 0.5, 0.5});
  EXPECT_EQ(value_of(even, tensor_of<float>({2, 1}, {0, 1})), 0);
  const Tensor sure = tensor_of<float>({2, 2}, {1, 0, 1, 0});
  EXPECT_EQ(value_of(sure, tensor_of<float>({2, 1}, {0, 0})), 0);
  EXPECT_EQ(value_of(sure, tensor_of<float>({2, 1}, {1, 1})), 1);
}

TEST(ClasswiseCalibrationError, AgreesWithAnIndependentComputation) {
  const std::int64_t n = 2000;
  const Tensor mean = random_probabilities(n), target = random_labels(n, 6, 9);
  double sum = 0;
  for (std::int64_t k = 0; k < 6; ++k) {
    std::map<int, std::vector<std::pair<double, bool>>> bins;
    for (std::int64_t row = 0; row < n; ++row) {
      const double p = mean.span<float>()[row * 6 + k];
      bins[static_cast<int>(std::floor(15 * p))].emplace_back(p, target.span<float>()[row] == k);
    }
    for (const auto& [bin, entries] : bins) {
      const double size = static_cast<double>(entries.size());
      double confidence = 0, frequency = 0;
      for (const auto& [p, hit] : entries) {
        confidence += p / size;
        frequency += hit / size;
      }
      sum += size / n * std::abs(confidence - frequency);
    }
  }
  EXPECT_GT(sum / 6, 0.05);
  EXPECT_NEAR(value_of(mean, target), sum / 6, 1e-12);
}

TEST(ClasswiseCalibrationError, SumsOfPartsAreTheSumsOfTheWholeEvenIfAPartIsEmpty) {
  const Tensor mean = random_probabilities(101), target = random_labels(101, 6, 9);
  for (const std::int64_t cut : {0, 37, 101}) {
    ClasswiseCalibrationError whole, first, second;
    whole.update({.mean = mean}, target);
    first.update({.mean = mean.rows(0, cut)}, target.rows(0, cut));
    second.update({.mean = mean.rows(cut, 101 - cut)}, target.rows(cut, 101 - cut));
    ASSERT_EQ(first.sums().size(), whole.sums().size());
    ASSERT_EQ(second.sums().size(), whole.sums().size());
    for (std::size_t i = 0; i < whole.sums().size(); ++i) first.sums()[i] += second.sums()[i];
    EXPECT_NEAR(first.value(), whole.value(), 1e-14);
  }
}

TEST(ClasswiseCalibrationError, RefusesWhatDoesNotFit) {
  Tensor mean = random_probabilities(3);
  ClasswiseCalibrationError metric;
  EXPECT_THROW(metric.update({.mean = mean}, Tensor({2, 1})), ShapeError);
  EXPECT_THROW(metric.update({.mean = mean}, tensor_of<float>({3, 1}, {0, 6, 0})), DataError);
  EXPECT_THROW(metric.update({.mean = Tensor({3, 5})}, Tensor({3, 1})), ShapeError);
  mean.span<float>()[7] = std::nanf("");
  EXPECT_THROW(metric.update({.mean = mean}, Tensor({3, 1})), NumericalError);
}

}  // namespace
}  // namespace credence
