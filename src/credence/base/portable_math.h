#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

// A CUDA compiler must be told -fmad=false for the same bits.
#ifdef __CUDACC__
#define CREDENCE_HOST_DEVICE __host__ __device__
#else
#define CREDENCE_HOST_DEVICE
#endif

/// Elementary functions in float that give the same bits with every compiler and vector width:
/// IEEE operations in a fixed order, no branches, so that loops over them vectorise. NaN stays NaN.
/// The double versions, for references and gradient checks, are libm's.
///
/// Source  polynomials of Cephes (Moshier 1989), logf.c, expf.c, sinf.c. Errors, in units in the
/// last place, are the largest over the arguments that portable_math_test walks.
namespace credence::portable {

namespace detail {

/// log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1], plus exponent * log(2).
CREDENCE_HOST_DEVICE inline float log1p_scaled(float f, float exponent) {
  const float square = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  // log(2) in two parts, the first exact in 10 bits.
  p = p * f * square + exponent * -2.12194440e-4f;
  return (f + (p - 0.5f * square)) + exponent * 0.693359375f;
}

/// log(x / 2^shift) for x positive, finite and not subnormal.
CREDENCE_HOST_DEVICE inline float log_of_normal(float x, float shift = 0.0f) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::int32_t exponent = static_cast<std::int32_t>(bits - 0x3f3504f3u) >> 23;  // sqrt(1/2)
  const float mantissa = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(exponent) << 23));
  return log1p_scaled(mantissa - 1.0f, static_cast<float>(exponent) - shift);
}

}  // namespace detail

/// Error below 1 ulp; -infinity at 0, NaN below.
CREDENCE_HOST_DEVICE inline float log(float x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const bool subnormal = x < 0x1p-126f;
  const float scaled = x * 0x1p24f;  // computed always: only then does g++ turn ?: into a blend
  float y = detail::log_of_normal(subnormal ? scaled : x, subnormal ? 24.0f : 0.0f);
  y = x < infinity ? y : x;
  y = x > 0.0f ? y : std::numeric_limits<float>::quiet_NaN();
  return x == 0.0f ? -infinity : y;
}

/// log(1 + x) for x in [0, 1], relative error below 2 ulp however small x is.
CREDENCE_HOST_DEVICE inline float log1p_of_unit(float x) {
  const bool big = x > 0.41421356f;
  const float reduced = 0.5f * (x - 1.0f);
  return detail::log1p_scaled(big ? reduced : x, big ? 1.0f : 0.0f);
}

/// Error below 1 ulp of the result; subnormal results are rounded twice.
CREDENCE_HOST_DEVICE inline float exp(float x) {
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  constexpr float round = 0x1.8p23f;  // added, it leaves the nearest integer in the low bits
  const float shifted = x * 1.44269504088896341f + round;
  const float n = shifted - round;
  const std::int32_t exponent = std::bit_cast<std::int32_t>(shifted) - 0x4b400000;
  const float r = x - n * 0.693359375f - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float y = p * (r * r) + r + 1.0f;
  // 2^exponent in two factors, as 2^128 and 2^-150 are no floats.
  const std::int32_t half = exponent >> 1;
  const auto power = [](std::int32_t e) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(e + 127) << 23);
  };
  return y * power(half) * power(exponent - half);
}

struct SineCosine {
  float sine, cosine;
};

/// Of the angle 2 pi turn / 2^32. Reduced in integers, so that nothing is lost near multiples of
/// pi / 2. Error below 3 ulp, most of it the angle's rounding to float.
CREDENCE_HOST_DEVICE inline SineCosine sine_cosine(std::uint32_t turn) {
  const std::uint32_t centred = turn + 0x20000000u;  // quadrants around multiples of pi / 2
  const auto offset = static_cast<std::int32_t>(turn << 2);
  const float x = static_cast<float>(offset) * 3.6572951981e-10f;  // pi / 2^33
  const float square = x * x;
  float s = -1.9515295891e-4f;
  s = s * square + 8.3321608736e-3f;
  s = s * square - 1.6666654611e-1f;
  s = s * square * x + x;
  float c = 2.443315711809948e-5f;
  c = c * square - 1.388731625493765e-3f;
  c = c * square + 4.166664568298827e-2f;
  c = c * (square * square) - 0.5f * square + 1.0f;
  // Quadrant 1 turns (s, c) into (c, -s), and so on.
  const auto swap = 0u - (centred >> 30 & 1u);
  const auto sine_bits = std::bit_cast<std::uint32_t>(s),
             cosine_bits = std::bit_cast<std::uint32_t>(c);
  const auto exchanged = (sine_bits ^ cosine_bits) & swap;
  const auto sine_sign = centred & 0x80000000u;
  const auto cosine_sign = (centred ^ centred << 1) & 0x80000000u;
  return {std::bit_cast<float>(sine_bits ^ exchanged ^ sine_sign),
          std::bit_cast<float>(cosine_bits ^ exchanged ^ cosine_sign)};
}

inline double log(double x) {
  return std::log(x);
}
inline double log1p_of_unit(double x) {
  return std::log1p(x);
}
inline double exp(double x) {
  return std::exp(x);
}

}  // namespace credence::portable
