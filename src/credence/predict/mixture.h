#pragma once

#include <vector>

#include "credence/losses/metric.h"

namespace credence {

/// The predictive density of a regression with a likelihood: for each target the mixture, over
/// draws of the weights, of normals N(mean_s, sigma_s^2). Sums are in double, in the order of the
/// draws.
class Mixture {
 public:
  /// Room for so many draws of `rows` examples with `targets` each.
  Mixture(std::int64_t samples, std::int64_t rows, std::int64_t targets);

  /// Draw number `sample`, counted from 0, of the examples from `first` on: mean and variance
  /// [n, targets], float32, and the log of the density of each target row.
  void add(std::int64_t sample, std::int64_t first, const Tensor& mean, const Tensor& variance,
           std::span<const double> log_density);

  /// What is asked of it beside nll and sigmas.
  struct Figures {
    double interval = 0.9;           ///< probability between `lower` and `upper`
    const Tensor* target = nullptr;  ///< [rows, targets]: for crps and pit; null: neither
  };
  /// Writes nll, sigma, epistemic_sigma, lower and upper, and crps and pit if there is room for
  /// them, of the rows from `first` on, in the units that targets are given in.
  ///
  ///   sigma^2 = mean over s of sigma_s^2 + variance over s of mean_s
  void finish(std::int64_t first, const Figures& figures, Predictions& predictions) const;

 private:
  struct Normal {
    float mean, sigma;
  };
  /// The draws of element i of [rows, targets].
  std::span<const Normal> draws_of(std::int64_t i) const {
    return std::span(draws_).subspan(static_cast<std::size_t>(i * samples_),
                                     static_cast<std::size_t>(samples_));
  }
  static double cdf(std::span<const Normal> draws, double x);
  static double density(std::span<const Normal> draws, double x);
  static double quantile(std::span<const Normal> draws, double probability);
  static double crps(std::span<const Normal> draws, double target);

  std::int64_t samples_, targets_;
  std::vector<Normal> draws_;    // [rows, targets, samples]
  std::vector<double> log_sum_;  // [rows]: of densities
};

}  // namespace credence
