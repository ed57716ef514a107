#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>

#include "credence/losses/checks.h"
#include "credence/losses/metric.h"

namespace credence {

/// What a metric that is a mean over examples says of one example:
///   name         static constexpr, as in metrics.jsonl
///   fits         static, whether it has a meaning for a kind of problem
///   of_example   its figure for row `row`
///   finish       optional: makes the value of the mean, as a square root does
template <class Figure>
concept ExampleFigure = requires(const Predictions& predictions, const Tensor& target,
                                 std::int64_t row, Problem problem) {
  { Figure::name } -> std::convertible_to<std::string>;
  { Figure::fits(problem) } -> std::same_as<bool>;
  { Figure::of_example(predictions, target, row) } -> std::convertible_to<double>;
};

/// The mean of a figure over examples, NaN before the first. Sums are in double.
template <ExampleFigure Figure>
class MeanMetric final : public Metric {
 public:
  std::string name() const override { return Figure::name; }
  bool fits(Problem problem) const override { return Figure::fits(problem); }

  void update(const Predictions& predictions, const Tensor& target) override {
    check_examples(Figure::name, predictions, target);
    const std::int64_t rows = target.shape()[0];
    double sum = 0;
    for (std::int64_t row = 0; row < rows; ++row)
      sum += Figure::of_example(predictions, target, row);
    sums_[0] += sum;
    sums_[1] += static_cast<double>(rows);
  }

  std::span<double> sums() override { return sums_; }

  double value() const override {
    if (sums_[1] == 0) return std::numeric_limits<double>::quiet_NaN();
    const double mean = sums_[0] / sums_[1];
    if constexpr (requires { Figure::finish(mean); })
      return Figure::finish(mean);
    else
      return mean;
  }

 private:
  std::array<double, 2> sums_{};  ///< of the figure, and the number of examples
};

}  // namespace credence
