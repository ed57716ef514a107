#include "credence/kernels/pooling.h"

#include <algorithm>

#include "credence/kernels/max_pool_lines.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// body(number of the pixel of dst, its window).
template <class Body>
void for_each_window(const PoolGeometry& g, Body body) {
  for (std::int64_t y = 0; y < g.out_height(); ++y)
    for (std::int64_t x = 0; x < g.out_width(); ++x)
      body(y * g.out_width() + x, PoolWindow(g, y, x));
}

/// Calls body(n) for each example, over the threads.
template <class Body>
void for_each_example(std::int64_t batch, Body body) {
  parallel_for(batch, {}, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) body(n);
  });
}

}  // namespace

void max_pool_forward(const PoolGeometry& g, const Tensor& src, Tensor& dst, Tensor& argmax) {
  const std::int64_t src_row = g.height * g.width * g.channels;
  const std::int64_t line = g.out_width() * g.channels;
  with_real_type(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_each_example(src.shape()[0], [&](std::int64_t n) {
      for (std::int64_t y = 0; y < g.out_height(); ++y) {
        const std::int64_t at = (n * g.out_height() + y) * line;
        max_pool_line(g, y, src.data<T>() + n * src_row, false, dst.data<T>() + at,
                      argmax.data<std::uint8_t>() + at);
      }
    });
  });
}

void max_pool_backward(const PoolGeometry& g, const Tensor& diff_dst, const Tensor& argmax,
                       Tensor& diff_src, Write write) {
  const std::int64_t src_row = g.height * g.width * g.channels;
  const std::int64_t line = g.out_width() * g.channels;
  with_real_type(diff_dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_each_example(diff_dst.shape()[0], [&](std::int64_t n) {
      T* const dx = diff_src.data<T>() + n * src_row;
      if (write == Write::overwrite) std::fill(dx, dx + src_row, T(0));
      for (std::int64_t y = 0; y < g.out_height(); ++y) {
        const std::int64_t at = (n * g.out_height() + y) * line;
        max_pool_line_backward(g, y, diff_dst.data<T>() + at, argmax.data<std::uint8_t>() + at, dx,
                               g.width * g.channels, Write::add);
      }
    });
  });
}

void average_pool_forward(const PoolGeometry& g, const Tensor& src, Tensor& dst) {
  const std::int64_t c = g.channels, src_row = g.height * g.width * c;
  const std::int64_t dst_row = g.out_height() * g.out_width() * c;
  with_real_type(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_each_example(src.shape()[0], [&](std::int64_t n) {
      const T* const in = src.data<T>() + n * src_row;
      T* const out = dst.data<T>() + n * dst_row;
      for_each_window(g, [&](std::int64_t at, const PoolWindow& w) {
        T* const sum = out + at * c;
        std::fill(sum, sum + c, T(0));
        for (std::int64_t y = w.y_begin; y < w.y_end; ++y)
          for (std::int64_t x = w.x_begin; x < w.x_end; ++x) {
            const T* const pixel = in + (y * g.width + x) * c;
#pragma omp simd
            for (std::int64_t i = 0; i < c; ++i) sum[i] += pixel[i];
          }
        const T scale = T(1) / static_cast<T>((w.y_end - w.y_begin) * (w.x_end - w.x_begin));
        for (std::int64_t i = 0; i < c; ++i) sum[i] *= scale;
      });
    });
  });
}

void average_pool_backward(const PoolGeometry& g, const Tensor& diff_dst, Tensor& diff_src,
                           Write write) {
  const std::int64_t c = g.channels, src_row = g.height * g.width * c;
  const std::int64_t dst_row = g.out_height() * g.out_width() * c;
  with_real_type(diff_dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_each_example(diff_dst.shape()[0], [&](std::int64_t n) {
      const T* const dy = diff_dst.data<T>() + n * dst_row;
      T* const dx = diff_src.data<T>() + n * src_row;
      if (write == Write::overwrite) std::fill(dx, dx + src_row, T(0));
      for_each_window(g, [&](std::int64_t at, const PoolWindow& w) {
        const T* const gradient = dy + at * c;
        const T scale = T(1) / static_cast<T>((w.y_end - w.y_begin) * (w.x_end - w.x_begin));
        for (std::int64_t y = w.y_begin; y < w.y_end; ++y)
          for (std::int64_t x = w.x_begin; x < w.x_end; ++x) {
            T* const pixel = dx + (y * g.width + x) * c;
#pragma omp simd
            for (std::int64_t i = 0; i < c; ++i) pixel[i] += gradient[i] * scale;
          }
      });
    });
  });
}

}  // namespace credence
