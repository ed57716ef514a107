#include "credence/kernels/linear_map.h"

#include "credence/base/errors.h"

namespace credence {
namespace {

template <class Geometry>
std::unique_ptr<LinearMap> dispatch(const Geometry& geometry, DType dtype) {
  if (dtype == DType::float64) return reference::make_linear_map<double>(geometry);
  return cpu::make_linear_map(geometry);
}

}  // namespace

std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry, DType dtype) {
  return dispatch(geometry, dtype);
}

std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry, DType dtype) {
  return dispatch(geometry, dtype);
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
