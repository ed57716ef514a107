#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "credence/kernels/cpu/products.h"

namespace credence::cpu {

/// The upper half of a float32, rounded to nearest even.
inline std::uint32_t bf16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

inline void to_bf16(const float* from, std::int64_t count, Bf16* to) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i)
    to[i].bits = static_cast<std::uint16_t>(bf16_bits(from[i]));
}

/// Rows of weights [terms, channels] as sum_over_terms takes them for bf16: [terms / 2, channels]
/// pairs of neighbouring terms, each in the place of a float; behind an odd last term comes zero.
inline void to_bf16_pairs(const float* rows, std::int64_t terms, std::int64_t channels,
                          float* pairs) {
  for (std::int64_t j = 0; j < terms; j += 2, pairs += channels) {
    const float *const first = rows + j * channels, *const second = first + channels;
    const bool is_last = j + 1 == terms;
#pragma omp simd
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::uint32_t upper = is_last ? 0u : bf16_bits(second[c]);
      pairs[c] = std::bit_cast<float>(upper << 16 | bf16_bits(first[c]));
    }
  }
}

/// Rows of pairs that so many terms make.
constexpr std::int64_t pairs_of(std::int64_t terms) {
  return (terms + 1) / 2;
}

}  // namespace credence::cpu
