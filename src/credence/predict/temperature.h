#pragma once

#include "credence/predict/calibration.h"

namespace credence {

/// Tempered class probabilities,
///
///   p_T = p^(1/T) / sum over classes of p^(1/T),
///
/// p being the mean over draws: first pooled, then calibrated. T > 1 makes them less sure. The
/// predictive entropy and nll become those of p_T; the mutual information stays that of the draws.
///
/// Source  Guo et al. 2017, arXiv:1706.04599; Rahaman and Thiery 2021, arXiv:2007.08792.
class Temperature final : public Calibration {
 public:
  static constexpr std::int64_t least_examples = 20;  ///< to fit it on
  static constexpr double least = 0.05, most = 20;    ///< of a fitted one

  explicit Temperature(double temperature) : temperature_(temperature) {}

  double value() const { return temperature_; }
  void apply(Predictions& predictions, const Tensor& target) const override;
  /// "temperature" float64 [1].
  std::vector<NamedTensor> state() const override;

 private:
  double temperature_;
};

struct TemperatureFit {
  double temperature = 1;
  double nll_before = 0, nll_after = 0;  ///< means, nats
};

/// The temperature of the least nll on these examples: probabilities [n, classes], class indices
/// [n, 1]. It is the same on any number of threads. NumericalError if probabilities are not
/// finite.
TemperatureFit fit_temperature(const Tensor& probabilities, const Tensor& target);

}  // namespace credence
