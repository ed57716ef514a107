#pragma once

#include <array>

#include "credence/losses/metric.h"

namespace credence {

/// Expected calibration error: how far confidence is from accuracy, over 15 bins of equal width of
/// the top class's probability.
///
///   ece = sum over bins of |sum of confidence - number correct| / n
///
/// Bin i holds [i/15, (i+1)/15), the last one 1 too. NaN before the first example.
///
/// Errors  NumericalError for a probability that is not a number.
/// Source  Guo et al. 2017, arXiv:1706.04599.
class ExpectedCalibrationError final : public Metric {
 public:
  static constexpr int bins = 15;
  /// The bin of a confidence.
  static int bin_of(double probability);

  std::string name() const override { return "ece"; }
  bool fits(Problem problem) const override { return problem == Problem::classification; }
  void update(const Predictions& predictions, const Tensor& target) override;
  std::span<double> sums() override { return sums_; }
  double value() const override;

 private:
  /// By bin: [0] confidence less correct answers, [1] examples.
  std::array<double, 2 * bins> sums_{};
};

}  // namespace credence
