#pragma once

#include <array>
#include <cstdint>

#include "credence/kernels/write.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Windows over [n, height, width, channels]. Padding lies outside: a maximum ignores it, an
/// average divides by the pixels inside.
struct PoolGeometry {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::array<std::int64_t, 2> window{2, 2};
  std::array<std::int64_t, 2> stride{2, 2};
  std::array<std::int64_t, 2> pad_begin{0, 0};
  std::array<std::int64_t, 2> pad_end{0, 0};

  std::int64_t out_height() const {
    return (height + pad_begin[0] + pad_end[0] - window[0]) / stride[0] + 1;
  }
  std::int64_t out_width() const {
    return (width + pad_begin[1] + pad_end[1] - window[1]) / stride[1] + 1;
  }
};

/// The largest element of each window; `argmax` (uint8, the shape of dst) notes its number in the
/// window, the first of equals. Windows have at most 255 pixels.
void max_pool_forward(const PoolGeometry& geometry, const Tensor& src, Tensor& dst, Tensor& argmax);
void max_pool_backward(const PoolGeometry& geometry, const Tensor& diff_dst, const Tensor& argmax,
                       Tensor& diff_src, Write write);

void average_pool_forward(const PoolGeometry& geometry, const Tensor& src, Tensor& dst);
void average_pool_backward(const PoolGeometry& geometry, const Tensor& diff_dst, Tensor& diff_src,
                           Write write);

}  // namespace credence
