#pragma once

#include "credence/losses/metric.h"

namespace credence {

// Errors of the predicted mean, averaged over the targets of an example; figures of one example,
// for MeanMetric. Units: the targets'. ShapeError unless there is a prediction for each target.

/// Root of the mean over examples and targets of the squared error.
struct RootMeanSquaredError {
  static constexpr const char* name = "rmse";
  static constexpr bool fits(Problem problem) { return is_regression(problem); }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
  static double finish(double mean);
};

/// Mean over examples and targets of the absolute error.
struct MeanAbsoluteError {
  static constexpr const char* name = "mae";
  static constexpr bool fits(Problem problem) { return is_regression(problem); }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

}  // namespace credence
