#include "credence/kernels/cpu/winograd.h"

#include <algorithm>
#include <array>

#include "credence/kernels/max_pool_lines.h"
#include "credence/kernels/vector.h"

namespace credence::cpu {
namespace {

/// The matrices of one kernel size, from the interpolation points.
template <int kernel>
struct Interpolation {
  static constexpr int points = kernel + winograd_lines - 1;  ///< the last one is infinity
  std::array<float, points> at{0, 1, -1, 2, -2};
  std::array<std::array<float, kernel>, points> weights{};                   ///< G
  std::array<std::array<float, winograd_step>, points> source_transposed{};  ///< B: by line

  /// A: a point to the power of a line.
  constexpr float power(int point, int line) const {
    float power = 1;
    while (line-- > 0) power *= at[point];
    return power;
  }

  constexpr Interpolation() {
    if constexpr (kernel == 5) at[5] = 0.5F, at[6] = -0.5F;
    for (int k = 0; k < points; ++k) {
      // The product of x - at[j] over the other finite points, by powers of x, and its value.
      std::array<double, points> polynomial{1};
      double value = 1;
      for (int j = 0; j < points - 1; ++j) {
        if (j == k) continue;
        for (int power = points - 1; power >= 0; --power)
          polynomial[power] = (power > 0 ? polynomial[power - 1] : 0) - at[j] * polynomial[power];
        value *= at[k] - at[j];
      }
      const bool is_infinity = k == points - 1;
      for (int line = 0; line < points; ++line)
        source_transposed[line][k] = static_cast<float>(polynomial[line]);
      double power = 1;
      for (int tap = 0; tap < kernel; ++tap, power *= at[k])
        weights[k][tap] =
            static_cast<float>(is_infinity ? (tap == kernel - 1 ? 1 : 0) : power / value);
    }
  }
};

template <int kernel>
constexpr Interpolation<kernel> interpolation{};

/// The first `count` lanes; all of them if there are as many.
template <int lanes>
Vector<float, lanes> load_some(const float* from, std::int64_t count) {
  return count < lanes ? load_first<lanes>(from, count) : load<lanes>(from);
}

/// Pixels of a line whose sums fill the registers, with one vector of channels.
template <int kernel>
constexpr int tile_width = kernel == 3 ? 4 : 2;

/// The sums of a tile at each point, and from them its pixels of four lines.
template <int kernel, int width, int lanes>
[[gnu::always_inline]] inline void make_tile(const WinogradProducts& a, const float* src,
                                             const float* weights, Vector<float, lanes> bias,
                                             Vector<float, lanes> (&dst)[winograd_lines][width]) {
  constexpr int points = Interpolation<kernel>::points;
  Vector<float, lanes> sums[points][width]{};
  const float* pixel[width];
#pragma GCC unroll 8
  for (int x = 0; x < width; ++x) pixel[x] = src + x * a.src_step * winograd_step;
  for (std::int64_t term = 0; term < a.terms; ++term, weights += points * lanes) {
#pragma GCC unroll 8
    for (int k = 0; k < points; ++k) {
      const auto w = in_register<lanes>(load<lanes>(weights + k * lanes));
#pragma GCC unroll 8
      for (int x = 0; x < width; ++x) sums[k][x] += pixel[x][k] * w;
    }
#pragma GCC unroll 8
    for (int x = 0; x < width; ++x) pixel[x] += winograd_step;
  }
#pragma GCC unroll 8
  for (int x = 0; x < width; ++x) {
    Vector<float, lanes> even[winograd_lines], odd[winograd_lines];
#pragma GCC unroll 8
    for (int pair = 0; pair < points / 2 - 1; ++pair) {
      even[pair] = sums[2 * pair + 1][x] + sums[2 * pair + 2][x];
      odd[pair] = sums[2 * pair + 1][x] - sums[2 * pair + 2][x];
    }
#pragma GCC unroll 8
    for (int y = 0; y < winograd_lines; ++y) {
      dst[y][x] = bias;
      if (y == 0) dst[y][x] += sums[0][x];
      if (y == winograd_lines - 1) dst[y][x] += sums[points - 1][x];
#pragma GCC unroll 8
      for (int pair = 0; pair < points / 2 - 1; ++pair)
        dst[y][x] +=
            interpolation<kernel>.power(2 * pair + 1, y) * (y % 2 == 0 ? even[pair] : odd[pair]);
    }
  }
}

/// What tiles do with their pixels.
struct Lines {
  static constexpr std::int64_t lines = winograd_lines;

  template <bool whole, int width, int lanes>
  [[gnu::always_inline]] static void write(
      const WinogradProducts& a, std::int64_t x, std::int64_t c,
      const Vector<float, lanes> (&pixels)[winograd_lines][width], std::uint8_t* /*argmax*/) {
    const std::int64_t channels = a.channels - c;
#pragma GCC unroll 8
    for (int y = 0; y < winograd_lines; ++y) {
      if (!whole && (y < a.begin || y >= a.end)) continue;
      float* dst = a.dst + (y * a.pixels + x) * a.channels + c;
#pragma GCC unroll 8
      for (int i = 0; i < width; ++i, dst += a.channels) {
        Vector<float, lanes> pixel = pixels[y][i];
        if (a.add) pixel += load_some<lanes>(dst, whole ? lanes : channels);
        if (a.relu) pixel = pixel < Vector<float, lanes>{} ? Vector<float, lanes>{} : pixel;
        if (!whole && channels < lanes)
          store_first<lanes>(dst, pixel, channels);
        else
          store<lanes>(dst, pixel);
      }
    }
  }
};

struct Pooled {
  static constexpr std::int64_t lines = winograd_lines / 2;

  template <bool whole, int width, int lanes>
  [[gnu::always_inline]] static void write(
      const WinogradProducts& a, std::int64_t x, std::int64_t c,
      const Vector<float, lanes> (&pixels)[winograd_lines][width], std::uint8_t* argmax) {
    constexpr PoolBlock window{.first_number = 0, .height = 2, .width = 2, .number_line = 2};
#pragma GCC unroll 8
    for (int y = 0; y < winograd_lines / 2; ++y) {
      if (!whole && (y < a.begin || y >= a.end)) continue;
#pragma GCC unroll 8
      for (int i = 0; i < width / 2; ++i) {
        const std::int64_t at = (y * (a.pixels / 2) + x / 2 + i) * a.channels + c;
        max_pool_pixel<float, lanes>(
            window,
            [&](std::int64_t dy, std::int64_t dx) { return pixels[2 * y + dy][2 * i + dx]; },
            a.relu, a.dst + at, argmax + at);
      }
    }
  }
};

template <class Sink, bool whole, int kernel, int width, int lanes>
[[gnu::always_inline]] inline void convolve_tile(const WinogradProducts& a, std::int64_t x,
                                                 std::int64_t c, Vector<float, lanes> bias,
                                                 const float* weights, std::uint8_t* argmax) {
  Vector<float, lanes> pixels[winograd_lines][width];
  make_tile<kernel, width, lanes>(a, a.src + x * a.src_step * winograd_step, weights, bias, pixels);
  Sink::template write<whole, width, lanes>(a, x, c, pixels, argmax);
}

template <class Sink, bool whole, int kernel, int lanes>
void convolve_lines(const WinogradProducts& a, std::int64_t pixels, std::uint8_t* argmax) {
  constexpr int width = tile_width<kernel>, points = Interpolation<kernel>::points;
  for (std::int64_t c = 0; c < a.channels; c += lanes) {
    const float* const weights = a.weights + c * a.terms * points;
    Vector<float, lanes> bias{};
    if (a.bias) bias = load_some<lanes>(a.bias + c, a.channels - c);
    std::int64_t x = 0;
    for (; x + width <= pixels; x += width)
      convolve_tile<Sink, whole, kernel, width, lanes>(a, x, c, bias, weights, argmax);
    for (; width > 2 && x + 2 <= pixels; x += 2)
      convolve_tile<Sink, whole, kernel, 2, lanes>(a, x, c, bias, weights, argmax);
    if (x < pixels) convolve_tile<Sink, whole, kernel, 1, lanes>(a, x, c, bias, weights, argmax);
  }
}

template <class Sink, int kernel, int lanes>
void convolve(const WinogradProducts& a, std::int64_t pixels, std::uint8_t* argmax) {
  if (a.begin == 0 && a.end == Sink::lines && a.channels % lanes == 0)
    convolve_lines<Sink, true, kernel, lanes>(a, pixels, argmax);
  else
    convolve_lines<Sink, false, kernel, lanes>(a, pixels, argmax);
}

template <class Sink, int lanes>
void convolve(const WinogradProducts& a, std::int64_t pixels, std::uint8_t* argmax) {
  if (a.kernel == 3)
    convolve<Sink, 3, lanes>(a, pixels, argmax);
  else
    convolve<Sink, 5, lanes>(a, pixels, argmax);
}

template <class Sink>
void convolve(const WinogradProducts& a, std::int64_t pixels, std::uint8_t* argmax) {
  switch (winograd_lanes(a.channels)) {
    case 4:
      return convolve<Sink, 4>(a, pixels, argmax);
    case 8:
      return convolve<Sink, 8>(a, pixels, argmax);
    default:
      return convolve<Sink, native_lanes>(a, pixels, argmax);
  }
}

/// Channels that a convolution in this form sums over, and those that it makes.
struct Channels {
  std::int64_t summed, made;
};

Channels channels_of(const Conv2dGeometry& g, WeightOrder order) {
  return order == WeightOrder::by_dst ? Channels{g.channels, g.filters}
                                      : Channels{g.filters, g.channels};
}

template <int kernel, int lanes>
void interpolate_weights(const Conv2dGeometry& g, WeightOrder order, const float* packed,
                         float* to) {
  const Channels channels = channels_of(g, order);
  const std::int64_t line = g.kernel[1] * channels.summed * channels.made;
  const bool is_reversed = order == WeightOrder::by_src;
  for (std::int64_t c = 0; c < channels.made; c += lanes)
    for (std::int64_t x = 0; x < g.kernel[1]; ++x)
      for (std::int64_t i = 0; i < channels.summed; ++i) {
        const std::int64_t tap_x = is_reversed ? g.kernel[1] - 1 - x : x;
        const float* const first = packed + (tap_x * channels.summed + i) * channels.made + c;
        Vector<float, lanes> taps[kernel];
#pragma GCC unroll 8
        for (int y = 0; y < kernel; ++y)
          taps[y] = load_some<lanes>(first + (is_reversed ? kernel - 1 - y : y) * line,
                                     channels.made - c);
#pragma GCC unroll 8
        for (const auto& row : interpolation<kernel>.weights) {
          Vector<float, lanes> sum{};
#pragma GCC unroll 8
          for (int y = 0; y < kernel; ++y) sum += row[y] * taps[y];
          store<lanes>(to, sum);
          to += lanes;
        }
      }
}

template <int lanes>
void interpolate_weights(const Conv2dGeometry& g, WeightOrder order, const float* packed,
                         float* to) {
  (g.kernel[0] == 3 ? interpolate_weights<3, lanes> : interpolate_weights<5, lanes>)(g, order,
                                                                                     packed, to);
}

template <int kernel>
void interpolate_source(const float* first, std::int64_t line, std::int64_t count, float* to) {
  constexpr int points = Interpolation<kernel>::points;
  Vector<float, winograd_step> of_line[points];
  for (int y = 0; y < points; ++y)
    of_line[y] = load<winograd_step>(interpolation<kernel>.source_transposed[y].data());
  for (std::int64_t i = 0; i < count; ++i, to += winograd_step) {
    Vector<float, winograd_step> sums{};
#pragma GCC unroll 8
    for (int y = 0; y < points; ++y) sums += first[y * line + i] * of_line[y];
    store<winograd_step>(to, sums);
  }
}

}  // namespace

bool winograd_applies(const Conv2dGeometry& g, WeightOrder order) {
  using Axes = std::array<std::int64_t, 2>;
  const bool has_registers = native_registers == 32;
  if (!has_registers || (g.kernel[0] != 3 && g.kernel[0] != 5) || g.dilation != Axes{1, 1} ||
      g.stride[0] != 1)
    return false;
  if (order == WeightOrder::by_dst) return g.out_height() >= winograd_lines;
  const bool reaches_zeros_alone =
      g.pad_begin[0] < g.kernel[0] && g.pad_begin[1] < g.kernel[1];  // before the first pixel
  return g.stride[1] == 1 && reaches_zeros_alone && g.height >= winograd_lines;
}

std::int64_t winograd_lanes(std::int64_t channels) {
  return channels <= 4 ? 4 : channels <= 8 ? 8 : native_lanes;
}

std::int64_t winograd_weights_size(const Conv2dGeometry& g, WeightOrder order) {
  const Channels channels = channels_of(g, order);
  const std::int64_t lanes = winograd_lanes(channels.made);
  return (channels.made + lanes - 1) / lanes * lanes * g.kernel[1] * channels.summed *
         (g.kernel[0] + winograd_lines - 1);
}

void winograd_weights(const Conv2dGeometry& g, WeightOrder order, const float* packed, float* to) {
  switch (winograd_lanes(channels_of(g, order).made)) {
    case 4:
      return interpolate_weights<4>(g, order, packed, to);
    case 8:
      return interpolate_weights<8>(g, order, packed, to);
    default:
      return interpolate_weights<native_lanes>(g, order, packed, to);
  }
}

void winograd_source(std::int64_t kernel, const float* first, std::int64_t line, std::int64_t count,
                     float* to) {
  (kernel == 3 ? interpolate_source<3> : interpolate_source<5>)(first, line, count, to);
}

void winograd_convolve(const WinogradProducts& products) {
  convolve<Lines>(products, products.pixels, nullptr);
}

void winograd_convolve_pooled(const WinogradProducts& products, std::uint8_t* argmax) {
  convolve<Pooled>(products, products.pixels / 2 * 2, argmax);
}

}  // namespace credence::cpu
