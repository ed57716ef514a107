#pragma once

#include <vector>

#include "credence/losses/metric.h"

namespace credence {

/// The predictive density of a regression with a likelihood: a mixture over weight draws of
/// densities with a mean and a variance each. Summed draw by draw, in double, by updates that lose
/// no digits where means are large against their spread (Welford 1962).
///
///   sigma^2 = mean over draws of the variance + variance over draws of the mean
class Mixture {
 public:
  /// Of `examples` with `targets` each.
  Mixture(std::int64_t examples, std::int64_t targets);

  /// Adds draw number `sample`, counted from 0, to the examples from `first` on: mean and variance
  /// [n, targets], float32, and the log of the density of each target row.
  void add(std::int64_t sample, std::int64_t first, const Tensor& mean, const Tensor& variance,
           std::span<const double> log_density);
  /// Writes nll, sigma and epistemic_sigma, in the units that targets are given in.
  void finish(Predictions& predictions) const;

 private:
  std::int64_t targets_;
  std::int64_t samples_ = 0;
  std::vector<double> mean_, squares_, variance_;  // [examples, targets]
  std::vector<double> log_sum_;                    // [examples]: of densities
};

}  // namespace credence
