#include "credence/losses/regression_errors.h"

#include <cmath>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// The mean over the targets of row `row` of distance(prediction - target).
template <class Distance>
double mean_over_targets(std::string_view where, const Tensor& mean, const Tensor& target,
                         std::int64_t row, Distance distance) {
  const std::int64_t targets = target.shape().row_size();
  require<ShapeError>(mean.shape().row_size() == targets, where, ": the predicted mean ",
                      mean.shape(), " does not fit the target ", target.shape());
  const float* predicted = mean.data<float>() + row * targets;
  const float* wanted = target.data<float>() + row * targets;
  double sum = 0;
  for (std::int64_t i = 0; i < targets; ++i)
    sum += distance(static_cast<double>(predicted[i]) - static_cast<double>(wanted[i]));
  return sum / static_cast<double>(targets);
}

}  // namespace

double RootMeanSquaredError::of_example(const Predictions& predictions, const Tensor& target,
                                        std::int64_t row) {
  return mean_over_targets(name, predictions.mean, target, row,
                           [](double error) { return error * error; });
}

double RootMeanSquaredError::finish(double mean) {
  return std::sqrt(mean);
}

double MeanAbsoluteError::of_example(const Predictions& predictions, const Tensor& target,
                                     std::int64_t row) {
  return mean_over_targets(name, predictions.mean, target, row,
                           [](double error) { return std::abs(error); });
}

}  // namespace credence
