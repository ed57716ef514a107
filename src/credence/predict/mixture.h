#pragma once

#include <vector>

#include "credence/predict/draws.h"

namespace credence {

/// Of a regression: all draws. Those of one with a likelihood make its predictive density, for each
/// target the mixture of normals N(mean_s, sigma_s^2); without, there is a mean alone. Sums are in
/// double, in the order of the draws.
class Mixture final : public Draws {
 public:
  /// Room for so many draws of `rows` examples with `targets` each.
  Mixture(std::int64_t samples, std::int64_t rows, std::int64_t targets);

  void add(std::int64_t sample, std::int64_t first, const DrawnRows& drawn) override;
  void share(std::int64_t begin, std::int64_t end, Communicator& communicator) override;
  /// The mean, and of a density nll, sigma, epistemic_sigma, lower, upper, crps and pit, in the
  /// units that targets are given in.
  ///
  ///   sigma^2 = mean over s of sigma_s^2 + variance over s of mean_s
  void finish(const FinishedRows& rows, Predictions& predictions) const override;

 private:
  struct Normal {
    float mean, sigma;
  };
  struct Moments {
    double mean, variance_of_means, mean_variance;
  };
  double standard_error(std::int64_t row, std::int64_t count) const override;
  /// The first `count` draws of element i of [rows, targets].
  std::span<const Normal> draws_of(std::int64_t i, std::int64_t count) const {
    return std::span(draws_).subspan(static_cast<std::size_t>(i * samples_),
                                     static_cast<std::size_t>(count));
  }
  /// -log of the mean density of the row's targets.
  float nll(std::int64_t row) const;
  static Moments moments(std::span<const Normal> draws);
  static double cdf(std::span<const Normal> draws, double x);
  static double density(std::span<const Normal> draws, double x);
  static double quantile(std::span<const Normal> draws, double probability);
  static double crps(std::span<const Normal> draws, double target);

  std::int64_t samples_, targets_;
  std::vector<Normal> draws_;          // [rows, targets, samples]
  std::vector<double> log_densities_;  // [rows, samples]
};

}  // namespace credence
