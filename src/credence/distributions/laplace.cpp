#include "credence/distributions/laplace.h"

#include <limits>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// With d = mu - mean: E|w - mean| = sigma sqrt(2 / pi) exp(-d^2 / (2 sigma^2)) + d erf(d / (sigma
/// sqrt(2))), whose derivatives are erf(...) by d and the first factor's sqrt(2 / pi) exp(...) by
/// sigma.
template <class T>
void folded_normal(const LaplaceOptions& options, const CrossEntropyBlock<T>& block) {
  const T mean = static_cast<T>(options.mean), rate = static_cast<T>(1 / options.scale);
  const T constant = static_cast<T>(std::log(2 * options.scale));
  const T root = static_cast<T>(std::sqrt(2 * std::numbers::inv_pi));
  for (std::int64_t i = 0; i < block.count; ++i) {
    const T sigma = block.sigma[i], distance = block.mu[i] - mean;
    // A sigma that underflows leaves no doubt about the sign: 0 / 0 would.
    const T z = sigma > 0 ? distance / (sigma * std::numbers::sqrt2_v<T>)
                          : std::copysign(std::numeric_limits<T>::infinity(), distance);
    const T by_mu = std::erf(z), by_sigma = root * std::exp(-z * z);
    block.value[i] = constant + rate * (sigma * by_sigma + distance * by_mu);
    block.diff_mu[i] = rate * by_mu;
    block.diff_sigma[i] = rate * by_sigma;
  }
}

}  // namespace

Laplace::Laplace(const LaplaceOptions& options) : options_(options) {
  require<ConfigError>(options.scale > 0 && std::isfinite(options.scale),
                       "laplace: scale must be positive and finite, got ", options.scale);
  require<ConfigError>(std::isfinite(options.mean), "laplace: mean must be finite, got ",
                       options.mean);
}

void Laplace::cross_entropy(const CrossEntropyBlock<float>& block, const KlNoise& /*noise*/) const {
  folded_normal(options_, block);
}

void Laplace::cross_entropy(const CrossEntropyBlock<double>& block,
                            const KlNoise& /*noise*/) const {
  folded_normal(options_, block);
}

double Laplace::log_density(double w) const {
  return -std::abs(w - options_.mean) / options_.scale - std::log(2 * options_.scale);
}

}  // namespace credence
