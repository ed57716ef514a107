#include "credence/predict/mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace credence {
namespace {

/// log(e^a + e^b).
double log_add(double a, double b) {
  const double larger = std::max(a, b);
  if (larger == -std::numeric_limits<double>::infinity()) return larger;
  return larger + std::log1p(std::exp(std::min(a, b) - larger));
}

}  // namespace

Mixture::Mixture(std::int64_t examples, std::int64_t targets)
    : targets_(targets),
      mean_(static_cast<std::size_t>(examples * targets)),
      squares_(mean_.size()),
      variance_(mean_.size()),
      log_sum_(static_cast<std::size_t>(examples), -std::numeric_limits<double>::infinity()) {}

void Mixture::add(std::int64_t sample, std::int64_t first, const Tensor& mean,
                  const Tensor& variance, std::span<const double> log_density) {
  samples_ = std::max(samples_, sample + 1);
  const auto count = static_cast<double>(sample + 1);
  auto to = static_cast<std::size_t>(first * targets_);
  for (std::int64_t i = 0; i < mean.size(); ++i, ++to) {
    const auto x = static_cast<double>(mean.data<float>()[i]);
    const double before = x - mean_[to];
    mean_[to] += before / count;
    squares_[to] += before * (x - mean_[to]);
    variance_[to] += static_cast<double>(variance.data<float>()[i]);
  }
  for (std::size_t n = 0; n < log_density.size(); ++n) {
    double& sum = log_sum_[static_cast<std::size_t>(first) + n];
    sum = log_add(sum, log_density[n]);
  }
}

void Mixture::finish(Predictions& predictions) const {
  const auto samples = static_cast<double>(samples_);
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    const double epistemic = squares_[i] / samples;
    predictions.epistemic_sigma.span<float>()[i] = static_cast<float>(std::sqrt(epistemic));
    predictions.sigma.span<float>()[i] =
        static_cast<float>(std::sqrt(variance_[i] / samples + epistemic));
  }
  for (std::size_t n = 0; n < log_sum_.size(); ++n)
    predictions.nll.span<float>()[n] = static_cast<float>(std::log(samples) - log_sum_[n]);
}

}  // namespace credence
