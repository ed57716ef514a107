#pragma once

#include "credence/predict/calibration.h"

namespace credence {

/// Split-conformal intervals of a regression, locally weighted:
///
///   lower, upper = mean -+ q sigma,
///
/// q being the ceil((n + 1) interval)-th smallest of the scores |y - mean| / sigma of n validation
/// examples. An example drawn as they were has its target in there with a probability of at least
/// `interval`, whatever is wrong with the network. Of a loss without a density, sigma = 1. Each
/// target has a q of its own; other figures stay as they are.
///
/// Source  Lei et al. 2018, arXiv:1604.04173, algorithm 2 and section 5.2.
class Conformal final : public Calibration {
 public:
  /// scores [n, targets], float32. ConfigError if there are too few.
  Conformal(const Tensor& scores, double interval);

  /// How many examples an interval of this probability takes.
  static std::int64_t least_examples(double interval);
  /// The score of each target: `target` and predictions in the same units.
  static Tensor scores(const Predictions& predictions, const Tensor& target);

  /// By target.
  std::span<const float> quantiles() const { return quantiles_; }
  void apply(Predictions& predictions, const Tensor& target) const override;
  bool gives_intervals() const override { return true; }
  /// "conformal_scores" float32 [n, targets]: in ascending order, so that intervals of any
  /// probability can be made of them.
  std::vector<NamedTensor> state() const override;

 private:
  Tensor sorted_;  // [n, targets]
  std::vector<float> quantiles_;
};

}  // namespace credence
