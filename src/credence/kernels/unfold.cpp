#include "credence/kernels/unfold.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// One pixel's terms, in the order of the weights: channel, then line, then column of the kernel.
void unfold_pixel(const Conv2dGeometry& g, const float* image, std::int64_t out_y,
                  std::int64_t out_x, double* dst) {
  const std::int64_t taps = g.kernel[0] * g.kernel[1];
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const std::int64_t y = out_y * g.stride[0] - g.pad_begin[0] + tap / g.kernel[1] * g.dilation[0];
    const std::int64_t x = out_x * g.stride[1] - g.pad_begin[1] + tap % g.kernel[1] * g.dilation[1];
    const bool is_inside = y >= 0 && y < g.height && x >= 0 && x < g.width;
    const float* const pixel = image + (y * g.width + x) * g.channels;
    for (std::int64_t c = 0; c < g.channels; ++c)
      dst[c * taps + tap] = is_inside ? static_cast<double>(pixel[c]) : 0;
  }
}

}  // namespace

void unfold(const Conv2dGeometry& geometry, const Tensor& src, Tensor& dst) {
  const std::int64_t image = geometry.height * geometry.width * geometry.channels;
  const std::int64_t pixels = geometry.out_height() * geometry.out_width();
  const std::int64_t rows = src.shape()[0] * pixels, columns = dst.shape().row_size();
  const std::int64_t terms = geometry.channels * geometry.kernel[0] * geometry.kernel[1];
  require<ShapeError>(src.size() == src.shape()[0] * image, "unfold: src must be [n, ",
                      geometry.height, ", ", geometry.width, ", ", geometry.channels, "], got ",
                      src.shape());
  require<ShapeError>(dst.shape()[0] == rows && columns >= terms, "unfold: dst must be [", rows,
                      ", ", terms, " or more], got ", dst.shape());
  parallel_for(rows, row_pieces(columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t pixel = row % pixels;
      double* const to = dst.data<double>() + row * columns;
      unfold_pixel(geometry, src.data<float>() + row / pixels * image, pixel / geometry.out_width(),
                   pixel % geometry.out_width(), to);
      std::fill(to + terms, to + columns, 1.0);
    }
  });
}

}  // namespace credence
