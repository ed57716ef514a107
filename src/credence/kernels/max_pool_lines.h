#pragma once

#include <algorithm>
#include <cstdint>

#include "credence/kernels/pooling.h"

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

/// Line `out_y` of dst and argmax from the image lines that its windows cover; `image` is where
/// the image's line 0 is, or would be. With `relu`, negative maxima become 0.
template <class T>
void max_pool_line(const PoolGeometry& g, std::int64_t out_y, const T* image, bool relu, T* dst,
                   std::uint8_t* argmax) {
  const std::int64_t c = g.channels, line = g.width * c;
  const bool is_2x2 = g.window[0] == 2 && g.window[1] == 2;
  for (std::int64_t out_x = 0; out_x < g.out_width(); ++out_x, dst += c, argmax += c) {
    const PoolWindow w(g, out_y, out_x);
    if (is_2x2 && w.y_end - w.y_begin == 2 && w.x_end - w.x_begin == 2) {  // mostly: in one pass
      const T* const first = image + w.y_begin * line + w.x_begin * c;
      const T *const right = first + c, *const below = first + line, *const last = below + c;
#pragma omp simd
      for (std::int64_t i = 0; i < c; ++i) {
        T best = first[i];
        std::uint8_t where = 0;
        const auto challenge = [&](T value, std::uint8_t number) {
          const bool larger = value > best || value != value;
          best = larger ? value : best;
          where = larger ? number : where;
        };
        challenge(right[i], 1);
        challenge(below[i], 2);
        challenge(last[i], 3);
        dst[i] = best;
        argmax[i] = where;
      }
    } else {
      for (std::int64_t y = w.y_begin; y < w.y_end; ++y)
        for (std::int64_t x = w.x_begin; x < w.x_end; ++x) {
          const T* const pixel = image + y * line + x * c;
          const auto number =
              static_cast<std::uint8_t>((y - w.y_origin) * g.window[1] + x - w.x_origin);
          if (y == w.y_begin && x == w.x_begin) {
            std::copy(pixel, pixel + c, dst);
            std::fill(argmax, argmax + c, number);
            continue;
          }
#pragma omp simd
          for (std::int64_t i = 0; i < c; ++i) {
            const bool larger = pixel[i] > dst[i] || pixel[i] != pixel[i];
            dst[i] = larger ? pixel[i] : dst[i];
            argmax[i] = larger ? number : argmax[i];
          }
        }
    }
    if (!relu) continue;
#pragma omp simd
    for (std::int64_t i = 0; i < c; ++i) {
      argmax[i] = dst[i] > T(0) ? argmax[i] : no_pixel;
      dst[i] = dst[i] < T(0) ? T(0) : dst[i];
    }
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
            static_cast<std::uint8_t>((y - w.y_origin) * g.window[1] + x - w.x_origin);
        T* const pixel = image + y * line + x * c;
        if (write == Write::add) {
#pragma omp simd
          for (std::int64_t i = 0; i < c; ++i)
            pixel[i] += argmax[i] == number ? diff_dst[i] : T(0);
        } else {
#pragma omp simd
          for (std::int64_t i = 0; i < c; ++i)
            pixel[i] = argmax[i] == number ? diff_dst[i] : T(0);
        }
      }
  }
}

}  // namespace credence
