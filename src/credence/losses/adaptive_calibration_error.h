#pragma once

#include "credence/losses/metric.h"

namespace credence {

/// Adaptive expected calibration error: how far confidence is from accuracy, over 15 bins that hold
/// equally many examples each, in the order of the top class's probability. Where most predictions
/// are confident, bins of equal width leave nearly all examples to the last one; these do not.
///
///   adaptive_ece = sum over bins of |sum of confidence - number correct| / n
///
/// Bin i holds places [n i/15, n (i+1)/15) of the order; an example that lies across an edge is
/// shared in proportion, and so is what is correct among examples of equal confidence, so that
/// their order does not matter. NaN before the first example.
///
/// Errors  NumericalError for a probability that is not a number.
/// Source  Nixon et al. 2019, arXiv:1904.01685 (adaptive bins); of the top class as in Mukhoti et
///         al. 2020, arXiv:2002.09437.
class AdaptiveCalibrationError final : public Metric {
 public:
  static constexpr int bins = 15;

  std::string name() const override { return "adaptive_ece"; }
  bool fits(Problem problem) const override { return problem == Problem::classification; }
  void update(const Predictions& predictions, const Tensor& target) override;
  std::span<double> sums() override { return {}; }
  std::vector<ScoredExample>* collected() override { return &examples_; }
  double value() const override;

 private:
  std::vector<ScoredExample> examples_;  ///< confidence, and whether the prediction is right
};

}  // namespace credence
