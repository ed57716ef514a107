#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "credence/kernels/pooling.h"
#include "credence/kernels/vector.h"

/// Max pooling line by line, for kernels that have only some lines of an image at hand.
namespace credence {

/// Said by argmax of a maximum that ReLU has set to zero: no pixel gets its gradient.
inline constexpr std::uint8_t no_pixel = 255;

/// The pixels of an image, as [begin, end) along each axis, in one window, and where the window
/// itself begins, which may be in the padding.
struct PoolWindow {
  std::int64_t y_begin, y_end, x_begin, x_end;
  std::int64_t y_origin, x_origin;

  PoolWindow(const PoolGeometry& g, std::int64_t out_y, std::int64_t out_x)
      : y_origin(out_y * g.stride[0] - g.pad_begin[0]),
        x_origin(out_x * g.stride[1] - g.pad_begin[1]) {
    y_begin = std::max<std::int64_t>(0, y_origin);
    x_begin = std::max<std::int64_t>(0, x_origin);
    y_end = std::min(g.height, y_origin + g.window[0]);
    x_end = std::min(g.width, x_origin + g.window[1]);
  }
};

/// Whether the windows lie side by side: no pixel is in two.
inline bool windows_are_disjoint(const PoolGeometry& g) {
  return g.stride[0] == g.window[0] && g.stride[1] == g.window[1] && g.pad_begin[0] == 0 &&
         g.pad_begin[1] == 0;
}

/// Calls body(lanes, first channel), lanes being a std::integral_constant, so that loops over lanes
/// become single instructions whatever the number of channels.
template <class Body>
[[gnu::always_inline]] inline void for_each_channel_chunk(std::int64_t channels, const Body& body) {
  std::int64_t c = 0;
  for (; c + 16 <= channels; c += 16) body(std::integral_constant<int, 16>{}, c);
  for (; c + 8 <= channels; c += 8) body(std::integral_constant<int, 8>{}, c);
  for (; c + 4 <= channels; c += 4) body(std::integral_constant<int, 4>{}, c);
  for (; c < channels; ++c) body(std::integral_constant<int, 1>{}, c);
}

/// A pixel's number in a window, as wide as the pixels, so that both fill the same lanes.
template <class T>
using WindowNumber = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

/// The part of a window that lies in the image: its first pixel's number, its extents, and what
/// lies between the numbers of neighbouring lines.
struct PoolBlock {
  std::int64_t first_number, height, width, number_line;
};

/// The maxima of one window and their numbers, for `lanes` channels. pixel_at(y, x) gives those of
/// the block's pixels.
template <class T, int lanes, class Pixel>
[[gnu::always_inline]] inline void max_pool_pixel(const PoolBlock& block, const Pixel& pixel_at,
                                                  bool relu, T* dst, std::uint8_t* argmax) {
  using Values = Vector<T, lanes>;
  using Numbers = Vector<WindowNumber<T>, lanes>;
  Values best = pixel_at(0, 0);
  Numbers where = Numbers{} + static_cast<WindowNumber<T>>(block.first_number);
#pragma GCC unroll 2
  for (std::int64_t y = 0; y < block.height; ++y)
#pragma GCC unroll 2
    for (std::int64_t x = 0; x < block.width; ++x) {
      const Values pixel = pixel_at(y, x);
      const Numbers number =
          Numbers{} + static_cast<WindowNumber<T>>(block.first_number + y * block.number_line + x);
      const Numbers is_larger = (pixel > best) | (pixel != pixel);
      best = is_larger ? pixel : best;
      where = is_larger ? number : where;
    }
  if (relu) {
    where = best > Values{} ? where : Numbers{} + no_pixel;
    best = best < Values{} ? Values{} : best;
  }
  store<lanes>(dst, best);
  store_bytes<WindowNumber<T>, lanes>(argmax, where);
}

/// Line `out_y` of dst and argmax from the image lines that its windows cover; `image` is where
/// the image's line 0 is, or would be. With `relu`, negative maxima become 0.
template <class T>
void max_pool_line(const PoolGeometry& g, std::int64_t out_y, const T* image, bool relu, T* dst,
                   std::uint8_t* argmax) {
  const std::int64_t c = g.channels, line = g.width * c;
  const bool is_2x2 = g.window[0] == 2 && g.window[1] == 2;
  for (std::int64_t out_x = 0; out_x < g.out_width(); ++out_x, dst += c, argmax += c) {
    const PoolWindow w(g, out_y, out_x);
    const T* const corner = image + w.y_begin * line + w.x_begin * c;
    const auto pool = [&](const PoolBlock& block) {
      for_each_channel_chunk(c, [&](auto lanes, std::int64_t i) {
        max_pool_pixel<T, lanes()>(
            block,
            [&](std::int64_t y, std::int64_t x) {
              return load<lanes()>(corner + y * line + x * c + i);
            },
            relu, dst + i, argmax + i);
      });
    };
    const std::int64_t height = w.y_end - w.y_begin, width = w.x_end - w.x_begin;
    if (is_2x2 && height == 2 && width == 2)  // mostly: constants unroll the loops
      pool({.first_number = 0, .height = 2, .width = 2, .number_line = 2});
    else
      pool({.first_number = (w.y_begin - w.y_origin) * g.window[1] + w.x_begin - w.x_origin,
            .height = height,
            .width = width,
            .number_line = g.window[1]});
  }
}

/// Gives the gradient of line `out_y` of dst to the pixels that were its maxima. `image` is where
/// the gradient's line 0 is, or would be, and `line` the elements between its lines. Overwrites
/// the pixels of the windows, which must be disjoint then, or adds to them.
template <class T>
void max_pool_line_backward(const PoolGeometry& g, std::int64_t out_y, const T* diff_dst,
                            const std::uint8_t* argmax, T* image, std::int64_t line, Write write) {
  const std::int64_t c = g.channels;
  for (std::int64_t out_x = 0; out_x < g.out_width(); ++out_x, diff_dst += c, argmax += c) {
    const PoolWindow w(g, out_y, out_x);
    for (std::int64_t y = w.y_begin; y < w.y_end; ++y)
      for (std::int64_t x = w.x_begin; x < w.x_end; ++x) {
        const auto number =
            static_cast<WindowNumber<T>>((y - w.y_origin) * g.window[1] + x - w.x_origin);
        T* const pixel = image + y * line + x * c;
        for_each_channel_chunk(c, [&](auto lanes, std::int64_t first) {
          const auto is_here = load_bytes<WindowNumber<T>, lanes()>(argmax + first) == number;
          Vector<T, lanes()> passed{};
          passed = is_here ? load<lanes()>(diff_dst + first) : passed;
          if (write == Write::add) passed += load<lanes()>(pixel + first);
          store<lanes()>(pixel + first, passed);
        });
      }
  }
}

}  // namespace credence
