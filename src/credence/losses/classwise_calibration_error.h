#pragma once

#include <vector>

#include "credence/losses/metric.h"

namespace credence {

/// Classwise expected calibration error: how far the probability given to a class is from its
/// frequency, over 15 bins of equal width, averaged over the classes.
///
///   classwise_ece = sum over classes and bins of |sum of probability - number of that class|
///                   / (n * classes)
///
/// Unlike ece it counts what is said of every class, not of the top one alone. Bins as in ece. NaN
/// before the first example.
///
/// Errors  NumericalError for a probability that is not a number.
/// Source  Kumar et al. 2019, arXiv:1909.10155; Nixon et al. 2019, arXiv:1904.01685 ("static").
class ClasswiseCalibrationError final : public Metric {
 public:
  static constexpr int bins = 15;

  std::string name() const override { return "classwise_ece"; }
  bool fits(Problem problem) const override { return problem == Problem::classification; }
  void update(const Predictions& predictions, const Tensor& target) override;
  std::span<double> sums() override { return sums_; }
  double value() const override;

 private:
  /// The number of examples; then by class and bin the sum of probability, less 1 for each example
  /// of the class.
  std::vector<double> sums_;
};

}  // namespace credence
