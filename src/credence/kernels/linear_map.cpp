#include "credence/kernels/linear_map.h"

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/lane_sums.h"

namespace credence {
namespace {

template <class Geometry>
std::unique_ptr<LinearMap> dispatch(const Geometry& geometry, DType dtype, Precision precision) {
  if (dtype == DType::float64) return reference::make_linear_map<double>(geometry);
  return cpu::make_linear_map(geometry, precision);
}

}  // namespace

std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry, DType dtype,
                                           Precision precision) {
  return dispatch(geometry, dtype, precision);
}

std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry, DType dtype,
                                           Precision precision) {
  return dispatch(geometry, dtype, precision);
}

void LinearMap::forward(const Tensor& src, ExampleWeights& weights, const Tensor* bias,
                        Tensor& dst) {
  Tensor packed(weights_shape(), src.dtype()), plain(weights_shape(), src.dtype());
  for (std::int64_t n = 0; n < src.shape()[0]; ++n) {
    weights.make(n, WeightOrder::by_dst, packed);
    unpack_weights(packed, plain, Write::overwrite);
    Tensor dst_row = dst.rows(n, 1);
    forward(src.rows(n, 1), plain, bias, dst_row);
  }
}

void LinearMap::backward(const LinearBackward& pass, ExampleWeights& weights) {
  const std::int64_t batch = pass.src.shape()[0], lanes = gradient_lanes(batch);
  const DType dtype = pass.src.dtype();
  Tensor packed(weights_shape(), dtype), plain(weights_shape(), dtype);
  Tensor diff_weights(weights_shape(), dtype), diff_bias({weights_shape()[0]}, dtype);
  if (pass.diff_bias) pass.diff_bias->fill(0);
  for (std::int64_t lane = 0; lane < lanes; ++lane)
    for (std::int64_t n = lane_begin(lane, lanes, batch); n < lane_begin(lane + 1, lanes, batch);
         ++n) {
      weights.make(n, WeightOrder::by_dst, packed);
      unpack_weights(packed, plain, Write::overwrite);
      Tensor diff_src = pass.diff_src ? pass.diff_src->rows(n, 1) : Tensor();
      backward({.src = pass.src.rows(n, 1),
                .dst = pass.dst.rows(n, 1),
                .diff_dst = pass.diff_dst.rows(n, 1),
                .diff_bias = &diff_bias,
                .diff_src = pass.diff_src ? &diff_src : nullptr,
                .write = pass.write},
               plain, diff_weights);
      if (pass.diff_bias) copy(diff_bias, *pass.diff_bias, Write::add);
      pack_weights(diff_weights, WeightOrder::by_dst, packed);
      weights.take_gradient(n, lane, packed);
    }
}

void check_linear_map(const LinearMap& map, const char* name, const Tensor& src,
                      const Tensor& weights, const Tensor& dst) {
  require<ShapeError>(
      src.shape().rank() > 0 && src.size() == src.shape()[0] * map.src_shape().size(), name,
      ": src must be [batch] + ", map.src_shape(), ", got ", src.shape());
  require<ShapeError>(dst.shape().rank() > 0 && dst.shape()[0] == src.shape()[0] &&
                          dst.size() == dst.shape()[0] * map.dst_shape().size(),
                      name, ": dst must be [", src.shape()[0], "] + ", map.dst_shape(), ", got ",
                      dst.shape());
  require<ShapeError>(weights.shape() == map.weights_shape(), name, ": weights must be ",
                      map.weights_shape(), ", got ", weights.shape());
}

}  // namespace credence
