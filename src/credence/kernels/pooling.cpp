#include "credence/kernels/pooling.h"

#include <algorithm>

#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// One window: its pixel in dst, and the pixels of src it covers.
struct Window {
  std::int64_t dst;
  std::int64_t y_begin, y_end, x_begin, x_end;
  std::int64_t y_origin, x_origin;  // may lie in the padding
};

template <class Body>
void for_each_window(const PoolGeometry& g, Body body) {
  for (std::int64_t oy = 0; oy < g.out_height(); ++oy)
    for (std::int64_t ox = 0; ox < g.out_width(); ++ox) {
      Window w;
      w.dst = oy * g.out_width() + ox;
      w.y_origin = oy * g.stride[0] - g.pad_begin[0];
      w.x_origin = ox * g.stride[1] - g.pad_begin[1];
      w.y_begin = std::max<std::int64_t>(0, w.y_origin);
      w.x_begin = std::max<std::int64_t>(0, w.x_origin);
      w.y_end = std::min(g.height, w.y_origin + g.window[0]);
      w.x_end = std::min(g.width, w.x_origin + g.window[1]);
      body(w);
    }
}

/// Calls body(n) for each example, over the threads.
template <class Body>
void for_each_example(std::int64_t batch, Body body) {
  parallel_for(batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) body(n);
  });
}

}  // namespace

void max_pool_forward(const PoolGeometry& g, const Tensor& src, Tensor& dst, Tensor& argmax) {
  const std::int64_t c = g.channels, src_row = g.height * g.width * c;
  const std::int64_t dst_row = g.out_height() * g.out_width() * c;
  with_real_type(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_each_example(src.shape()[0], [&](std::int64_t n) {
      const T* const in = src.data<T>() + n * src_row;
      T* const out = dst.data<T>() + n * dst_row;
      std::uint8_t* const arg = argmax.data<std::uint8_t>() + n * dst_row;
      for_each_window(g, [&](const Window& w) {
        T* const best = out + w.dst * c;
        std::uint8_t* const where = arg + w.dst * c;
        bool first = true;
        for (std::int64_t y = w.y_begin; y < w.y_end; ++y)
          for (std::int64_t x = w.x_begin; x < w.x_end; ++x) {
            const T* const pixel = in + (y * g.width + x) * c;
            const auto number =
                static_cast<std::uint8_t>((y - w.y_origin) * g.window[1] + x - w.x_origin);
            if (first) {
              std::copy(pixel, pixel + c, best);
              std::fill(where, where + c, number);
              first = false;
              continue;
            }
#pragma omp simd
            for (std::int64_t i = 0; i < c; ++i) {
              const bool larger = pixel[i] > best[i] || pixel[i] != pixel[i];
              best[i] = larger ? pixel[i] : best[i];
              where[i] = larger ? number : where[i];
            }
          }
      });
    });
  });
}

void max_pool_backward(const PoolGeometry& g, const Tensor& diff_dst, const Tensor& argmax,
                       Tensor& diff_src, Write write) {
  const std::int64_t c = g.channels, src_row = g.height * g.width * c;
  const std::int64_t dst_row = g.out_height() * g.out_width() * c;
  with_real_type(diff_dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for_each_example(diff_dst.shape()[0], [&](std::int64_t n) {
      const T* const dy = diff_dst.data<T>() + n * dst_row;
      const std::uint8_t* const arg = argmax.data<std::uint8_t>() + n * dst_row;
      T* const dx = diff_src.data<T>() + n * src_row;
      if (write == Write::overwrite) std::fill(dx, dx + src_row, T(0));
      for_each_window(g, [&](const Window& w) {
        const T* const gradient = dy + w.dst * c;
        const std::uint8_t* const where = arg + w.dst * c;
        for (std::int64_t y = w.y_begin; y < w.y_end; ++y)
          for (std::int64_t x = w.x_begin; x < w.x_end; ++x) {
            const auto number =
                static_cast<std::uint8_t>((y - w.y_origin) * g.window[1] + x - w.x_origin);
            T* const pixel = dx + (y * g.width + x) * c;
#pragma omp simd
            for (std::int64_t i = 0; i < c; ++i)
              pixel[i] += where[i] == number ? gradient[i] : T(0);
          }
      });
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
      for_each_window(g, [&](const Window& w) {
        T* const sum = out + w.dst * c;
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
      for_each_window(g, [&](const Window& w) {
        const T* const gradient = dy + w.dst * c;
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
