#include "credence/predict/mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// log(e^a + e^b). NaN stays NaN.
double log_add(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  const double larger = std::max(a, b);
  if (larger == -std::numeric_limits<double>::infinity()) return larger;
  return larger + std::log1p(std::exp(std::min(a, b) - larger));
}

/// Of a standard normal.
double normal_density(double z) {
  return std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}
double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

/// E|X| of X ~ N(mean, sigma^2).
double mean_distance(double mean, double sigma) {
  const double z = mean / sigma;
  return 2 * sigma * normal_density(z) + mean * std::erf(z / std::numbers::sqrt2);
}

}  // namespace

Mixture::Mixture(std::int64_t samples, std::int64_t rows, std::int64_t targets)
    : samples_(samples),
      targets_(targets),
      draws_(static_cast<std::size_t>(samples * rows * targets)),
      log_sum_(static_cast<std::size_t>(rows), -std::numeric_limits<double>::infinity()) {}

void Mixture::add(std::int64_t sample, std::int64_t first, const Tensor& mean,
                  const Tensor& variance, std::span<const double> log_density) {
  for (std::int64_t i = 0; i < mean.size(); ++i)
    draws_[static_cast<std::size_t>((first * targets_ + i) * samples_ + sample)] = {
        mean.data<float>()[i],
        std::max(std::sqrt(variance.data<float>()[i]), std::numeric_limits<float>::min())};
  for (std::size_t n = 0; n < log_density.size(); ++n) {
    double& sum = log_sum_[static_cast<std::size_t>(first) + n];
    sum = log_add(sum, log_density[n]);
  }
}

void Mixture::finish(std::int64_t first, const Figures& figures, Predictions& predictions) const {
  const auto rows = static_cast<std::int64_t>(log_sum_.size());
  const auto samples = static_cast<double>(samples_);
  const auto write = [&](Tensor& to, std::int64_t i, double value) {
    to.data<float>()[first * targets_ + i] = static_cast<float>(value);
  };
  const double tail = (1 - figures.interval) / 2;
  parallel_for(
      rows, row_pieces(1000 * targets_ * samples_), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin * targets_; i < end * targets_; ++i) {
          const std::span<const Normal> draws = draws_of(i);
          double mean = 0, squares = 0, variance = 0;
          for (const Normal& draw : draws) mean += draw.mean / samples;
          for (const Normal& draw : draws) {
            squares += (draw.mean - mean) * (draw.mean - mean) / samples;
            variance += static_cast<double>(draw.sigma) * draw.sigma / samples;
          }
          write(predictions.epistemic_sigma, i, std::sqrt(squares));
          write(predictions.sigma, i, std::sqrt(variance + squares));
          write(predictions.lower, i, quantile(draws, tail));
          write(predictions.upper, i, quantile(draws, 1 - tail));
          if (!figures.target) continue;
          const double target = figures.target->data<float>()[i];
          if (!predictions.crps.empty()) write(predictions.crps, i, crps(draws, target));
          if (!predictions.pit.empty()) write(predictions.pit, i, cdf(draws, target));
        }
        for (std::int64_t n = begin; n < end; ++n)
          predictions.nll.data<float>()[first + n] =
              static_cast<float>(std::log(samples) - log_sum_[static_cast<std::size_t>(n)]);
      });
}

double Mixture::cdf(std::span<const Normal> draws, double x) {
  double sum = 0;
  for (const Normal& draw : draws) sum += normal_cdf((x - draw.mean) / draw.sigma);
  return sum / static_cast<double>(draws.size());
}

double Mixture::density(std::span<const Normal> draws, double x) {
  double sum = 0;
  for (const Normal& draw : draws) sum += normal_density((x - draw.mean) / draw.sigma) / draw.sigma;
  return sum / static_cast<double>(draws.size());
}

/// Newton's method, kept between bounds that close in: a mixture's cdf may be flat in between.
double Mixture::quantile(std::span<const Normal> draws, double probability) {
  double low = std::numeric_limits<double>::infinity(), high = -low, scale = 0;
  for (const Normal& draw : draws) {
    constexpr double far_out = 9;  // sigmas: beyond any probability that a double tells from 0
    low = std::min(low, draw.mean - far_out * draw.sigma);
    high = std::max(high, draw.mean + far_out * draw.sigma);
    scale = std::max(scale, static_cast<double>(draw.sigma));
  }
  double x = 0.5 * (low + high);
  for (int step = 0; step < 100 && high - low > 1e-7 * scale; ++step) {
    const double excess = cdf(draws, x) - probability;
    (excess > 0 ? high : low) = x;
    const double slope = density(draws, x);
    const double newton = slope > 0 ? x - excess / slope : low;
    if (std::abs(newton - x) <= 1e-7 * scale && newton > low && newton < high) return newton;
    x = newton > low && newton < high ? newton : 0.5 * (low + high);
  }
  return x;
}

/// Grimit et al. 2006, doi:10.1256/qj.05.235: E|X - y| - E|X - X'| / 2.
double Mixture::crps(std::span<const Normal> draws, double target) {
  const auto samples = static_cast<double>(draws.size());
  double to_target = 0, between = 0;
  for (std::size_t s = 0; s < draws.size(); ++s) {
    to_target += mean_distance(target - draws[s].mean, draws[s].sigma);
    between += 0.5 * mean_distance(0, std::numbers::sqrt2 * draws[s].sigma);
    for (std::size_t t = 0; t < s; ++t)
      between += mean_distance(static_cast<double>(draws[s].mean) - draws[t].mean,
                               std::hypot(draws[s].sigma, draws[t].sigma));
  }
  return to_target / samples - between / (samples * samples);
}

}  // namespace credence
