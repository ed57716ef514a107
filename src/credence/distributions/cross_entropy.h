#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"
#include "credence/kernels/parallel_sum.h"
#include "credence/random/noise.h"

namespace credence {

/// Neighbouring weights w ~ q = N(mu, sigma^2), and where their expectations E_q[-log p(w)] go with
/// the derivatives. Arrays of `count` elements, at most sum_block.
template <class T>
struct CrossEntropyBlock {
  std::int64_t first;  ///< number of the first weight: where its noise is
  std::int64_t count;
  const T* mu;
  const T* sigma;
  T* value;
  T* diff_mu;
  T* diff_sigma;
};

/// What a Monte Carlo estimate draws from: a normal for each weight and sample, others each step,
/// the same on every rank.
struct KlNoise {
  NoiseKey key;
  std::uint64_t step = 0;
  std::int64_t first_weight = 0;  ///< number of the first of the weights that are given
};

/// KL(q || p) in nats, summed over all weights, of q = N(mu, softplus(rho)^2) from a density p that
/// gives its cross-entropy:
///
///   E_q[-log p(w)] - log sigma - log(2 pi e) / 2
///
/// Adds `scale` times its gradient to diff_mu and diff_rho, unless both are empty, and calls
/// `added` for those elements, which may then change. Summed in double in an order that does not
/// depend on the threads. ShapeError if the sizes differ.
template <class T, class Density>
double add_cross_entropy_kl(const Density& density, const KlNoise& noise, std::span<const T> mu,
                            std::span<const T> rho, double scale, std::span<T> diff_mu,
                            std::span<T> diff_rho, const ElementsDone& added) {
  constexpr T entropy_of_unit = static_cast<T>(0.5 + half_log_2_pi);  // log(2 pi e) / 2
  const bool has_gradient = !diff_mu.empty() || !diff_rho.empty();
  require<ShapeError>(rho.size() == mu.size() && (!has_gradient || (diff_mu.size() == mu.size() &&
                                                                    diff_rho.size() == mu.size())),
                      "KL: mu has ", mu.size(), " elements, rho ", rho.size(), ", diff_mu ",
                      diff_mu.size(), ", diff_rho ", diff_rho.size());
  const T *const means = mu.data(), *const rhos = rho.data();
  const T factor = static_cast<T>(scale);
  const auto fill = [=, &density, &noise](std::int64_t first, std::span<T> terms) {
    alignas(64) T sigma[sum_block], by_mu[sum_block], by_sigma[sum_block];
    const auto count = static_cast<std::int64_t>(terms.size());
    T* const value = terms.data();
    const T* const r = rhos + first;
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) sigma[i] = softplus(r[i]);
    density.cross_entropy(CrossEntropyBlock<T>{noise.first_weight + first, count, means + first,
                                               sigma, value, by_mu, by_sigma},
                          noise);
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) value[i] -= log_softplus(r[i]) + entropy_of_unit;
    if (!has_gradient) return;
    T *const to_mu = diff_mu.data() + first, *const to_rho = diff_rho.data() + first;
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
      to_mu[i] += factor * by_mu[i];
      to_rho[i] +=
          factor * (by_sigma[i] * softplus_derivative(r[i]) - log_softplus_derivative(r[i]));
    }
  };
  const auto size = static_cast<std::int64_t>(mu.size());
  if (added) return sum_of_blocks<T>(size, fill, added);
  return sum_of_blocks<T>(size, fill, [](std::int64_t, std::int64_t) {});
}

}  // namespace credence
