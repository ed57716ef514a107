#pragma once

#include <cstdint>
#include <cstring>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

/// Vectors of float as the compilers know them: `a * b + c` works on all lanes, in registers of the
/// machine that the file is compiled for.
namespace credence::cpu {

/// The registers of that machine: floats in each, and how many there are.
#if defined(__AVX512F__)
inline constexpr int native_lanes = 16, native_registers = 32;
#elif defined(__AVX__)
inline constexpr int native_lanes = 8, native_registers = 16;
#elif defined(__x86_64__)
inline constexpr int native_lanes = 4, native_registers = 16;
#else
inline constexpr int native_lanes = 4, native_registers = 32;
#endif

template <int lanes>
struct VectorOf {
  typedef float type __attribute__((vector_size(lanes * sizeof(float))));
};
template <int lanes>
using Vector = typename VectorOf<lanes>::type;

template <int lanes>
Vector<lanes> load(const float* from) {
  Vector<lanes> vector;
  std::memcpy(&vector, from, sizeof(vector));
  return vector;
}

template <int lanes>
void store(float* to, Vector<lanes> vector) {
  std::memcpy(to, &vector, sizeof(vector));
}

/// The first `count` lanes; the others are zero, and what lies behind is not touched.
template <int lanes>
Vector<lanes> load_first(const float* from, std::int64_t count) {
#ifdef __AVX512F__
  if constexpr (lanes == 16)
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#endif
  Vector<lanes> vector{};
  for (std::int64_t i = 0; i < count; ++i) vector[i] = from[i];
  return vector;
}

template <int lanes>
void store_first(float* to, Vector<lanes> vector, std::int64_t count) {
#ifdef __AVX512F__
  if constexpr (lanes == 16) {
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), vector);
    return;
  }
#endif
  for (std::int64_t i = 0; i < count; ++i) to[i] = vector[i];
}

}  // namespace credence::cpu
