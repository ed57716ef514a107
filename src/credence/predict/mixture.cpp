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
    : Draws(samples, rows),
      samples_(samples),
      targets_(targets),
      draws_(static_cast<std::size_t>(samples * rows * targets)),
      log_densities_(static_cast<std::size_t>(samples * rows)) {}

void Mixture::add(std::int64_t sample, std::int64_t first, const DrawnRows& drawn) {
  const float* const means = drawn.mean.data<float>();
  const float* const variances = drawn.variance.empty() ? nullptr : drawn.variance.data<float>();
  for (std::int64_t i = 0; i < drawn.mean.size(); ++i)
    draws_[static_cast<std::size_t>((first * targets_ + i) * samples_ + sample)] = {
        means[i],
        variances ? std::max(std::sqrt(variances[i]), std::numeric_limits<float>::min()) : 0.0F};
  for (std::size_t n = 0; n < drawn.log_density.size(); ++n)
    log_densities_[(static_cast<std::size_t>(first) + n) * static_cast<std::size_t>(samples_) +
                   static_cast<std::size_t>(sample)] = drawn.log_density[n];
}

/// A draw is that of one rank, and zero on the others: sums are exact.
void Mixture::share(std::int64_t begin, std::int64_t end, Communicator& communicator) {
  if (communicator.size() == 1) return;
  const auto each_draw = [&](auto& values, auto visit) {
    for (auto first = values.begin(); first != values.end(); first += samples_)
      std::for_each(first + begin, first + end, visit);
  };
  std::vector<float> normals;
  std::vector<double> log_densities;
  each_draw(draws_, [&](const Normal& draw) {
    normals.push_back(draw.mean);
    normals.push_back(draw.sigma);
  });
  each_draw(log_densities_, [&](double density) { log_densities.push_back(density); });
  communicator.sum(std::span(normals));
  communicator.sum(std::span(log_densities));
  auto normal = normals.begin();
  auto log_density = log_densities.begin();
  each_draw(draws_, [&](Normal& draw) {
    draw = {normal[0], normal[1]};
    normal += 2;
  });
  each_draw(log_densities_, [&](double& density) { density = *log_density++; });
}

Mixture::Moments Mixture::moments(std::span<const Normal> draws) {
  const auto count = static_cast<double>(draws.size());
  Moments moments{};
  for (const Normal& draw : draws) moments.mean += draw.mean / count;
  for (const Normal& draw : draws) {
    moments.variance_of_means += (draw.mean - moments.mean) * (draw.mean - moments.mean) / count;
    moments.mean_variance += static_cast<double>(draw.sigma) * draw.sigma / count;
  }
  return moments;
}

double Mixture::standard_error(std::int64_t row, std::int64_t count) const {
  double largest = 0;
  for (std::int64_t i = row * targets_; i < (row + 1) * targets_; ++i) {
    const Moments moments = Mixture::moments(draws_of(i, count));
    largest = std::max(
        largest, moments.variance_of_means / (moments.variance_of_means + moments.mean_variance));
  }
  return std::sqrt(largest / static_cast<double>(count - 1));
}

float Mixture::nll(std::int64_t row) const {
  double log_sum = -std::numeric_limits<double>::infinity();
  for (std::int64_t s = 0; s < taken(row); ++s)
    log_sum = log_add(log_sum, log_densities_[static_cast<std::size_t>(row * samples_ + s)]);
  return static_cast<float>(std::log(static_cast<double>(taken(row))) - log_sum);
}

void Mixture::finish(const FinishedRows& rows, Predictions& predictions) const {
  const std::int64_t shift = rows.to - rows.begin;
  const auto write = [](Tensor& to, std::int64_t i, double value) {
    if (!to.empty()) to.data<float>()[i] = static_cast<float>(value);
  };
  const bool is_density = !predictions.sigma.empty();
  const double tail = (1 - rows.interval) / 2;
  parallel_for(rows.end - rows.begin, row_pieces(1000 * targets_ * samples_),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = rows.begin + begin; row < rows.begin + end; ++row) {
                   for (std::int64_t i = row * targets_; i < (row + 1) * targets_; ++i) {
                     const std::int64_t to = i + shift * targets_;
                     const std::span<const Normal> draws = draws_of(i, taken(row));
                     const auto [mean, of_means, of_targets] = moments(draws);
                     write(predictions.mean, to, mean);
                     if (!is_density) continue;
                     write(predictions.epistemic_sigma, to, std::sqrt(of_means));
                     write(predictions.sigma, to, std::sqrt(of_targets + of_means));
                     write(predictions.lower, to, quantile(draws, tail));
                     write(predictions.upper, to, quantile(draws, 1 - tail));
                     const double target = rows.target.data<float>()[i];
                     if (!predictions.crps.empty())
                       write(predictions.crps, to, crps(draws, target));
                     if (!predictions.pit.empty()) write(predictions.pit, to, cdf(draws, target));
                   }
                   if (is_density) write(predictions.nll, row + shift, nll(row));
                 }
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
