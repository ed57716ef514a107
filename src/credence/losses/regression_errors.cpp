#include "credence/losses/regression_errors.h"

#include <cmath>

#include "credence/losses/checks.h"

namespace credence {
namespace {

/// The predicted mean less the target.
double error_of(const Predictions& predictions, const Tensor& target, std::int64_t i) {
  return static_cast<double>(predictions.mean.data<float>()[i]) -
         static_cast<double>(target.data<float>()[i]);
}

}  // namespace

double RootMeanSquaredError::of_example(const Predictions& predictions, const Tensor& target,
                                        std::int64_t row) {
  return mean_over_targets(name, predictions.mean, target, row, [&](std::int64_t i) {
    const double error = error_of(predictions, target, i);
    return error * error;
  });
}

double RootMeanSquaredError::finish(double mean) {
  return std::sqrt(mean);
}

double MeanAbsoluteError::of_example(const Predictions& predictions, const Tensor& target,
                                     std::int64_t row) {
  return mean_over_targets(name, predictions.mean, target, row, [&](std::int64_t i) {
    return std::abs(error_of(predictions, target, i));
  });
}

}  // namespace credence
