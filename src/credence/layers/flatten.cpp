#include "credence/layers/flatten.h"

#include "credence/kernels/elementwise.h"

namespace credence {

Shape Flatten::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  return {only_source(setup, src_shapes).size()};
}

void Flatten::forward(std::span<const Tensor> src, Tensor& dst, const StepContext& /*context*/) {
  if (src[0].raw() != dst.raw()) copy(src[0], dst, Write::overwrite);
}

void Flatten::backward(std::span<const Tensor> /*src*/, const Tensor& /*dst*/,
                       const Tensor& diff_dst, std::span<DiffSrc> diff_src,
                       const StepContext& /*context*/) {
  if (diff_src[0].tensor && diff_src[0].tensor->raw() != diff_dst.raw())
    copy(diff_dst, *diff_src[0].tensor, diff_src[0].write);
}

}  // namespace credence
