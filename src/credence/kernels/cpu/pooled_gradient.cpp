#include "credence/kernels/cpu/pooled_gradient.h"

#include <algorithm>
#include <array>
#include <utility>

#include "credence/kernels/cpu/pieces.h"
#include "credence/kernels/max_pool_lines.h"
#include "credence/kernels/vector.h"

namespace credence::cpu {
namespace {

/// Sums that stay in registers, beside that of the gradient, the gradient itself, and where it goes
/// in each window of a vector. Short runs share them, a long one is cut.
constexpr int max_sums = native_registers - 8, short_run = 5;

template <int lanes, int runs, int length>
void sum_tile(const PooledGradient& a, std::int64_t row, std::int64_t channel) {
  constexpr int windows_at_once = lanes / 4;  // of as many source elements, in a vector
  float* const to = a.sums + row * a.channels + channel;
  Vector<float, lanes> sums[runs * length], bias{};
#pragma GCC unroll 32
  for (int i = 0; i < runs * length; ++i) sums[i] = load<lanes>(to + i * a.channels);
  const float* diff = a.diff + channel;
  const std::uint8_t* argmax = a.argmax + channel;
  for (std::int64_t y = 0; y < a.lines; ++y) {
    const float* window = a.windows + 4 * y * a.window_line;
    for (std::int64_t p = 0; p < a.pixels; ++p, diff += a.channels, argmax += a.channels) {
      __builtin_prefetch(diff + 10 * a.channels);
      Vector<std::int32_t, lanes> where[windows_at_once];
      where[0] = load_bytes<std::int32_t, lanes>(argmax);
      Vector<float, lanes> passed = load<lanes>(diff);
      passed = where[0] == no_pixel ? Vector<float, lanes>{} : passed;
      bias += passed;
      for (int k = 1; k < windows_at_once; ++k) where[k] = where[0] + 4 * k;
      const float* run = window;
      Vector<float, lanes> windows;
#pragma GCC unroll 8
      for (int r = 0; r < runs; ++r, run += 4 * a.run_step)
#pragma GCC unroll 32
        for (int j = 0; j < length; ++j) {
          if (j % windows_at_once == 0) windows = in_register<lanes>(load<lanes>(run + 4 * j));
          sums[r * length + j] += passed * permute<lanes>(windows, where[j % windows_at_once]);
        }
      window += 4 * a.window_step;
    }
  }
#pragma GCC unroll 32
  for (int i = 0; i < runs * length; ++i) store<lanes>(to + i * a.channels, sums[i]);
  if (a.bias_sums && row == 0)
    store<lanes>(a.bias_sums + channel, load<lanes>(a.bias_sums + channel) + bias);
}

using Tile = void (*)(const PooledGradient&, std::int64_t row, std::int64_t channel);
template <int lanes, int runs, int... length>
constexpr std::array<Tile, sizeof...(length)> tiles(std::integer_sequence<int, length...>) {
  return {sum_tile<lanes, runs, length + 1>...};
}

/// Tiles of 1, 2, ... short runs, by their length.
template <int lanes, int... runs>
constexpr std::array<std::array<Tile, short_run>, sizeof...(runs)> tiles_of_runs(
    std::integer_sequence<int, runs...>) {
  return {tiles<lanes, runs + 1>(std::make_integer_sequence<int, short_run>{})...};
}

template <int lanes>
void sum_tiles(const PooledGradient& a, Tile tile, std::int64_t row) {
  for (std::int64_t c = 0; c < a.channels; c += lanes) tile(a, row, c);
}

template <int lanes>
void sum_short_runs(const PooledGradient& a) {
  constexpr int max_runs = max_sums / short_run;
  static constexpr auto tiles = tiles_of_runs<lanes>(std::make_integer_sequence<int, max_runs>{});
  for_each_piece(a.runs, max_runs, [&](std::int64_t r, std::int64_t runs) {
    PooledGradient piece = a;
    piece.windows += 4 * r * a.run_step;
    sum_tiles<lanes>(piece, tiles[runs - 1][a.run_length - 1], r * a.run_length);
  });
}

template <int lanes>
void sum_long_runs(const PooledGradient& a) {
  static constexpr auto by_length = tiles<lanes, 1>(std::make_integer_sequence<int, max_sums>{});
  for (std::int64_t r = 0; r < a.runs; ++r)
    for_each_piece(a.run_length, max_sums, [&](std::int64_t j, std::int64_t length) {
      PooledGradient piece = a;
      piece.windows += 4 * (r * a.run_step + j);
      sum_tiles<lanes>(piece, by_length[length - 1], r * a.run_length + j);
    });
}

template <int lanes>
void sum_runs(const PooledGradient& a) {
  a.run_length <= short_run ? sum_short_runs<lanes>(a) : sum_long_runs<lanes>(a);
}

template <int lanes>
bool fills(std::int64_t channels) {
  return permutes_quickly<lanes> && channels % lanes == 0;
}

}  // namespace

bool has_pooled_gradient(std::int64_t channels) {
  return fills<16>(channels) || fills<8>(channels);
}

void gather_windows(const float* src, std::int64_t size, std::int64_t right, std::int64_t below,
                    float* to) {
  const std::array<std::int64_t, 4> steps{0, right, below, below + right};
  std::int64_t i = 0;
  for (; i + 4 <= size - below - right; i += 4) {
    Vector<float, 4> of[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) of[k] = load<4>(src + i + steps[k]);
    const auto upper_01 = __builtin_shufflevector(of[0], of[1], 0, 4, 1, 5),
               upper_23 = __builtin_shufflevector(of[0], of[1], 2, 6, 3, 7),
               lower_01 = __builtin_shufflevector(of[2], of[3], 0, 4, 1, 5),
               lower_23 = __builtin_shufflevector(of[2], of[3], 2, 6, 3, 7);
    float* const window = to + 4 * i;
    store<4>(window, __builtin_shufflevector(upper_01, lower_01, 0, 1, 4, 5));
    store<4>(window + 4, __builtin_shufflevector(upper_01, lower_01, 2, 3, 6, 7));
    store<4>(window + 8, __builtin_shufflevector(upper_23, lower_23, 0, 1, 4, 5));
    store<4>(window + 12, __builtin_shufflevector(upper_23, lower_23, 2, 3, 6, 7));
  }
  for (; i < size; ++i)
    for (std::int64_t k = 0; k < 4; ++k)
      to[4 * i + k] = i + steps[k] < size ? src[i + steps[k]] : 0;
}

void sum_pooled_gradient(const PooledGradient& gradient) {
  if constexpr (permutes_quickly<16>)
    if (fills<16>(gradient.channels)) return sum_runs<16>(gradient);
  if constexpr (permutes_quickly<8>) sum_runs<8>(gradient);
}

}  // namespace credence::cpu
