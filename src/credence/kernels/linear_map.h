#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "credence/kernels/write.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// dst[n, o] = sum over i of src[n, i] * weights[o, i].
struct DenseGeometry {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
};

/// Cross-correlation of [height, width, channels] with [filters, channels, kernel, kernel]. Arrays
/// are (vertical, horizontal); pads are zeros added before and after.
struct Conv2dGeometry {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::int64_t filters = 0;
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> dilation{1, 1};
  std::array<std::int64_t, 2> pad_begin{0, 0};
  std::array<std::int64_t, 2> pad_end{0, 0};

  std::int64_t out_height() const { return out_extent(height, 0); }
  std::int64_t out_width() const { return out_extent(width, 1); }

 private:
  std::int64_t out_extent(std::int64_t extent, int axis) const {
    const std::int64_t reach = (kernel[axis] - 1) * dilation[axis] + 1;
    return (extent + pad_begin[axis] + pad_end[axis] - reach) / stride[axis] + 1;
  }
};

/// A map linear in its source and in its weights: dense or a convolution, made for a shape and a
/// device. Estimators of variational weights are written over it, and know nothing of its geometry.
///
/// Shapes  src [n, ...], dst [n, ...] channels-last, any n; weights [O, I, ...]; bias [O].
/// Weights are given and taken in that order whatever layout a backend works in.
class LinearMap {
 public:
  virtual ~LinearMap() = default;

  virtual Shape src_shape() const = 0;      ///< of one example
  virtual Shape dst_shape() const = 0;      ///< of one example
  virtual Shape weights_shape() const = 0;  ///< [O, I, ...]

  /// dst = map(src, weights) + bias; `bias` may be null.
  virtual void forward(const Tensor& src, const Tensor& weights, const Tensor* bias,
                       Tensor& dst) = 0;
  virtual void backward_data(const Tensor& diff_dst, const Tensor& weights, Tensor& diff_src,
                             Write write) = 0;
  /// `diff_bias` may be null.
  virtual void backward_weights(const Tensor& src, const Tensor& diff_dst, Tensor& diff_weights,
                                Tensor* diff_bias, Write write) = 0;
};

/// float32 runs on the device's kernels, float64 on the reference kernels.
std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry, DType dtype);
std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry, DType dtype);

/// What every LinearMap checks before it runs. ShapeError, naming `map`.
void check_linear_map(const LinearMap& map, const char* name, const Tensor& src,
                      const Tensor& weights, const Tensor& dst);

namespace reference {
template <class T>
std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry);
template <class T>
std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry);
}  // namespace reference

namespace cpu {
std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry);
std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry);
}  // namespace cpu

}  // namespace credence
