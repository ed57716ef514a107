#include "credence/distributions/scale_mixture.h"

#include <algorithm>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// -log p and its derivative.
template <class T>
struct Energy {
  T precision1, precision2;  // 1 / sigma^2
  T peak1, peak2;            // the log of a component at w = 0

  explicit Energy(const ScaleMixtureOptions& options)
      : precision1(static_cast<T>(1 / (options.sigma1 * options.sigma1))),
        precision2(static_cast<T>(1 / (options.sigma2 * options.sigma2))),
        peak1(static_cast<T>(log_peak(options.weight, options.sigma1))),
        peak2(static_cast<T>(log_peak(1 - options.weight, options.sigma2))) {}

  static double log_peak(double weight, double sigma) {
    return std::log(weight / sigma) - half_log_2_pi;
  }

  struct At {
    T value, slope;
  };
  At operator()(T w) const {
    const T wide = T(0.5) * precision1 * w * w - peak1;
    const T narrow = T(0.5) * precision2 * w * w - peak2;
    const T lower = wide < narrow ? wide : narrow;
    const T share = softplus_derivative(narrow - wide);  // of the wide component
    return {lower - portable::log1p_of_unit(detail::decay(narrow - wide)),
            w * (share * precision1 + (T(1) - share) * precision2)};
  }
};

template <class T>
void average_over_draws(const ScaleMixtureOptions& options, const CrossEntropyBlock<T>& block,
                        const KlNoise& noise) {
  const Energy<T> energy(options);
  const T share = T(1) / static_cast<T>(options.samples);
  alignas(64) T draw[sum_block];
  const auto size = static_cast<std::size_t>(block.count);
  for (T* array : {block.value, block.diff_mu, block.diff_sigma}) std::fill_n(array, size, T(0));
  for (std::int64_t sample = 0; sample < options.samples; ++sample) {
    fill_normal(std::span<T>(draw, size), noise.key,
                {.step = noise.step, .sample = static_cast<std::uint32_t>(sample)},
                static_cast<std::uint64_t>(block.first));
#pragma omp simd
    for (std::int64_t i = 0; i < block.count; ++i) {
      const auto at = energy(block.mu[i] + block.sigma[i] * draw[i]);
      block.value[i] += share * at.value;
      block.diff_mu[i] += share * at.slope;
      block.diff_sigma[i] += share * at.slope * draw[i];
    }
  }
}

}  // namespace

ScaleMixture::ScaleMixture(const ScaleMixtureOptions& options) : options_(options) {
  require<ConfigError>(options.weight > 0 && options.weight < 1,
                       "scale_mixture: weight must be between 0 and 1, got ", options.weight);
  for (const double sigma : {options.sigma1, options.sigma2})
    require<ConfigError>(sigma > 0 && std::isfinite(sigma),
                         "scale_mixture: sigma1 and sigma2 must be positive and finite, got ",
                         sigma);
  require<ConfigError>(options.sigma1 >= options.sigma2, "scale_mixture: sigma1 (", options.sigma1,
                       ") must not be less than sigma2 (", options.sigma2, ")");
  require<ConfigError>(options.samples >= 1 && options.samples <= 65536,
                       "scale_mixture: samples must be in [1, 65536], got ", options.samples);
}

void ScaleMixture::cross_entropy(const CrossEntropyBlock<float>& block,
                                 const KlNoise& noise) const {
  average_over_draws(options_, block, noise);
}

void ScaleMixture::cross_entropy(const CrossEntropyBlock<double>& block,
                                 const KlNoise& noise) const {
  average_over_draws(options_, block, noise);
}

double ScaleMixture::log_density(double w) const {
  return -Energy<double>(options_)(w).value;
}

}  // namespace credence
