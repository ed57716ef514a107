#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/// Vectors as the compilers know them: `a * b + c` works on all lanes, `a > b ? a : b` chooses lane
/// by lane, in registers of the machine that the file is compiled for.
namespace credence {

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

template <class T, int lanes>
struct VectorOf {
  typedef T type __attribute__((vector_size(lanes * sizeof(T))));  // NOLINT(modernize-use-using)
};
template <class T, int lanes>
using Vector = typename VectorOf<T, lanes>::type;

template <int lanes, class T>
Vector<T, lanes> load(const T* from) {
  Vector<T, lanes> vector;
  std::memcpy(&vector, from, sizeof(vector));
  return vector;
}

template <int lanes, class T>
void store(T* to, Vector<T, lanes> vector) {
  std::memcpy(to, &vector, sizeof(vector));
}

/// The vector, which stays in a register: compilers read it from memory again at each use, if that
/// is where it comes from, and loads may be what is short.
template <int lanes>
[[gnu::always_inline]] inline Vector<float, lanes> in_register(Vector<float, lanes> vector) {
  if constexpr (lanes <= native_lanes) {
#if defined(__x86_64__)
    asm("" : "+v"(vector));
#elif defined(__aarch64__)
    asm("" : "+w"(vector));
#endif
  }
  return vector;
}

/// The first `count` lanes; the others are zero, and what lies behind is not touched.
template <int lanes>
Vector<float, lanes> load_first(const float* from, std::int64_t count) {
#ifdef __AVX512F__
  if constexpr (lanes == 16)
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#endif
  Vector<float, lanes> vector{};
  for (std::int64_t i = 0; i < count; ++i) vector[i] = from[i];
  return vector;
}

template <int lanes>
void store_first(float* to, Vector<float, lanes> vector, std::int64_t count) {
#ifdef __AVX512F__
  if constexpr (lanes == 16) {
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), vector);
    return;
  }
#endif
  for (std::int64_t i = 0; i < count; ++i) to[i] = vector[i];
}

#ifdef __AVX512BF16__
inline constexpr bool multiplies_bf16 = true;
#else
inline constexpr bool multiplies_bf16 = false;
#endif

/// sums + the products of two terms: each lane of `weights` holds a pair of bf16 numbers, `pair`
/// the two that they meet. Only where multiplies_bf16.
template <int lanes>
Vector<float, lanes> add_pair_products(Vector<float, lanes> sums, Vector<float, lanes> weights,
                                       std::uint32_t pair) {
#ifdef __AVX512BF16__
  const auto both = static_cast<int>(pair);
  if constexpr (lanes == 16)
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(weights),
                            reinterpret_cast<__m512bh>(_mm512_set1_epi32(both)));
  else if constexpr (lanes == 8)
    return _mm256_dpbf16_ps(sums, reinterpret_cast<__m256bh>(weights),
                            reinterpret_cast<__m256bh>(_mm256_set1_epi32(both)));
  else
    return _mm_dpbf16_ps(sums, reinterpret_cast<__m128bh>(weights),
                         reinterpret_cast<__m128bh>(_mm_set1_epi32(both)));
#else
  (void)weights, (void)pair;
  return sums;
#endif
}

template <int lanes>
inline constexpr bool permutes_quickly = false;
#ifdef __AVX512F__
template <>
inline constexpr bool permutes_quickly<16> = true;
#endif
#ifdef __AVX2__
template <>
inline constexpr bool permutes_quickly<8> = true;
#endif

/// In each lane table[which % lanes]: one instruction where permutes_quickly.
template <int lanes>
Vector<float, lanes> permute(Vector<float, lanes> table, Vector<std::int32_t, lanes> which) {
#ifdef __AVX512F__
  if constexpr (lanes == 16)
    return _mm512_maskz_permutexvar_ps(0xffff, reinterpret_cast<__m512i>(which), table);
#endif
#ifdef __AVX2__
  if constexpr (lanes == 8)
    return _mm256_permutevar8x32_ps(table, reinterpret_cast<__m256i>(which));
#endif
  Vector<float, lanes> vector{};
  for (int i = 0; i < lanes; ++i) vector[i] = table[which[i] & (lanes - 1)];
  return vector;
}

/// Small numbers kept as bytes, in lanes as wide as `Number`. (g++ 12 takes
/// __builtin_convertvector apart, byte by byte.)
template <class Number, int lanes>
Vector<Number, lanes> load_bytes(const std::uint8_t* from) {
#ifdef __AVX512F__
  if constexpr (lanes == 16 && sizeof(Number) == 4) {
    __m128i bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return reinterpret_cast<Vector<Number, lanes>>(_mm512_maskz_cvtepu8_epi32(0xffff, bytes));
  }
#endif
#ifdef __AVX2__
  if constexpr (lanes == 8 && sizeof(Number) == 4) {
    __m128i bytes{};
    std::memcpy(&bytes, from, lanes);
    return reinterpret_cast<Vector<Number, lanes>>(_mm256_cvtepu8_epi32(bytes));
  }
#endif
  Vector<Number, lanes> vector{};
  for (int i = 0; i < lanes; ++i) vector[i] = from[i];
  return vector;
}

template <class Number, int lanes>
void store_bytes(std::uint8_t* to, Vector<Number, lanes> vector) {
#ifdef __AVX512F__
  if constexpr (lanes == 16 && sizeof(Number) == 4) {
    const __m128i bytes = _mm512_maskz_cvtepi32_epi8(0xffff, reinterpret_cast<__m512i>(vector));
    std::memcpy(to, &bytes, sizeof(bytes));
    return;
  }
#endif
  for (int i = 0; i < lanes; ++i) to[i] = static_cast<std::uint8_t>(vector[i]);
}

}  // namespace credence
