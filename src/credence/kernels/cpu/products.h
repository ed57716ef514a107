#pragma once

#include <cstdint>
#include <span>

/// The three sums of products that dense layers and convolutions are made of, on one thread, with
/// the accumulators in registers. Each result is summed in the order in which its terms are listed.
namespace credence::cpu {

/// Terms that lie one after another: they begin at element `src` behind a pixel's first, and at
/// element `weights` of the weights.
struct Run {
  std::int64_t src = 0;
  std::int64_t weights = 0;
};

/// A number of 8 bits of precision, the upper half of a float32.
struct Bf16 {
  std::uint16_t bits = 0;
};

/// Terms of a sum of products that are taken at once.
template <class Src>
inline constexpr int terms_at_once = 1;
template <>
inline constexpr int terms_at_once<Bf16> = 2;

/// For each pixel p and channel c:
///
///   dst[p, c] = start[c] + sum over runs r and j < run_length of
///               src[p * src_step + r.src + j] * weights[r.weights + j * weights_step + c]
///
/// start: dst itself if `add`, else `bias`, else 0.
///
/// With a src of Bf16 two terms are taken at a time: weights hold pairs (see bf16.h), r.weights and
/// weights_step count in them, and an odd run_length reads one element of src more, which meets 0.
template <class Src>
struct PixelProducts {
  const Src* src = nullptr;
  std::int64_t src_step = 0;  ///< elements between pixels
  std::span<const Run> runs;
  std::int64_t run_length = 0;
  const float* weights = nullptr;
  std::int64_t weights_step = 0;  ///< elements between terms
  const float* bias = nullptr;    ///< may be null
  float* dst = nullptr;
  std::int64_t dst_step = 0;
  std::int64_t pixels = 0;
  std::int64_t channels = 0;
  bool add = false;
};
void sum_over_terms(const PixelProducts<float>& products);
/// Only where multiplies_bf16 (vector.h).
void sum_over_terms(const PixelProducts<Bf16>& products);

/// For each row r and channel c:
///
///   sums[r, c] = start + sum over lines y and pixels p of
///                left[y * left_line + p * left_step + r] * right[y * right_line + p * right_step +
///                c]
///
/// start: sums itself if `add`, else 0.
struct OuterProducts {
  const float* left = nullptr;
  std::int64_t left_step = 0;
  std::int64_t left_line = 0;
  const float* right = nullptr;
  std::int64_t right_step = 0;
  std::int64_t right_line = 0;
  std::int64_t lines = 1;
  std::int64_t pixels = 0;
  float* sums = nullptr;
  std::int64_t sums_step = 0;  ///< elements between rows
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  bool add = false;
};
void sum_over_pixels(const OuterProducts& products);

/// For each row r and channel c:
///
///   dst[r, c] = bias[c] + sum over j < length of
///               src[r * src_step + j] * weights[c * weights_step + j]
///
/// Its vectors run along the sum, so that a few channels fill them too.
struct InnerProducts {
  const float* src = nullptr;
  std::int64_t src_step = 0;
  const float* weights = nullptr;
  std::int64_t weights_step = 0;
  std::int64_t length = 0;
  const float* bias = nullptr;  ///< may be null
  float* dst = nullptr;
  std::int64_t dst_step = 0;
  std::int64_t rows = 0;
  std::int64_t channels = 0;
};
void sum_along_rows(const InnerProducts& products);

}  // namespace credence::cpu
