#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "credence/base/enum_names.h"
#include "credence/kernels/pooling.h"
#include "credence/kernels/weight_order.h"

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

/// A dense map as a convolution of one pixel.
constexpr Conv2dGeometry as_convolution(const DenseGeometry& dense) {
  return {.height = 1, .width = 1, .channels = dense.inputs, .filters = dense.outputs};
}

/// The weights of a batch where each example has its own: made when a map needs them, used while
/// they are in cache, and gone. A map calls both from several threads at once.
class ExampleWeights {
 public:
  virtual ~ExampleWeights() = default;
  /// Writes the weights of row n, in `order`.
  virtual void make(std::int64_t n, WeightOrder order, Tensor& weights) = 0;
  /// Takes the gradient with respect to the weights of row n, [taps, I, O]. Rows of one lane come
  /// one after another, in order; see lane_sums.h.
  virtual void take_gradient(std::int64_t n, std::int64_t lane, const Tensor& diff_weights) = 0;
};

/// What a map may do to its result before it leaves the cache: ReLU, then a maximum over windows.
/// (In either order they give the same.)
struct Epilogue {
  bool relu = false;
  std::optional<PoolGeometry> max_pool;
};

/// What a backward pass reads and where it leaves the gradients.
struct LinearBackward {
  const Tensor& src;
  const Tensor& dst;  ///< what the forward pass wrote; read only by a map with an epilogue
  const Tensor& diff_dst;
  Tensor* diff_bias = nullptr;  ///< overwritten; null if there is none
  /// Null if nobody asks. May be the memory of src: it is written last.
  Tensor* diff_src = nullptr;
  Write write = Write::overwrite;  ///< of diff_src
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
  virtual Shape dst_shape() const = 0;      ///< of one example, after the epilogue
  virtual Shape weights_shape() const = 0;  ///< [O, I, ...]

  /// dst = epilogue(map(src, weights) + bias); `bias` may be null.
  virtual void forward(const Tensor& src, const Tensor& weights, const Tensor* bias,
                       Tensor& dst) = 0;
  /// The backward pass of the last forward pass. Overwrites diff_weights.
  virtual void backward(const LinearBackward& pass, const Tensor& weights,
                        Tensor& diff_weights) = 0;

  /// The same with weights for each example. The default runs the examples one by one.
  virtual void forward(const Tensor& src, ExampleWeights& weights, const Tensor* bias, Tensor& dst);
  virtual void backward(const LinearBackward& pass, ExampleWeights& weights);
  /// Whether a pass with weights for each example costs little more than one with weights for all.
  virtual bool has_cheap_example_weights() const { return false; }

  /// Asks for an epilogue. False, and nothing changes, if the map cannot.
  virtual bool fuse(const Epilogue& /*epilogue*/) { return false; }
  /// The gradient with respect to the map's result before its epilogue, [n, ...], channels last.
  virtual Tensor before_epilogue(const LinearBackward& pass) { return pass.diff_dst; }
  /// The convolution that it is; a dense map is one of a single pixel. None: it is no convolution.
  virtual std::optional<Conv2dGeometry> geometry() const { return std::nullopt; }
};

/// In what the products of a float32 map are taken: with `bf16`, those of the forward pass and of
/// the gradient of src have factors of 8 bits, sums of float32. The gradient of the weights stays
/// float32.
enum class Precision { float32, bf16 };

inline EnumNames<Precision> enum_names(Precision) {
  static constexpr EnumName<Precision> names[] = {{Precision::float32, "float32"},
                                                  {Precision::bf16, "bf16"}};
  return names;
}

/// float32 runs on the device's kernels, float64 on the reference kernels. ConfigError if the
/// device has no products of that precision.
std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry, DType dtype,
                                           Precision precision = Precision::float32);
std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry, DType dtype,
                                           Precision precision = Precision::float32);

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
std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry, Precision precision);
std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry, Precision precision);
/// ConfigError if this build, or this CPU, cannot.
void check_precision(Precision precision);
}  // namespace cpu

}  // namespace credence
