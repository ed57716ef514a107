#pragma once

#include "credence/kernels/write.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// How the weights [O, I, ...] of a linear map lie while it works: as rows of contiguous channels,
/// a tap being a position in the kernel, of which a dense layer has one.
enum class WeightOrder {
  by_dst,  ///< [taps, I, O]: the forward pass, and the gradient of the weights
  by_src,  ///< [taps, O, I]: the gradient of src
};

/// weights [O, I, ...] into `packed`, of the same size and type, in `order`.
void pack_weights(const Tensor& weights, WeightOrder order, Tensor& packed);
/// weights [O, I, ...] = (or +=) packed [taps, I, O].
void unpack_weights(const Tensor& packed, Tensor& weights, Write write);

}  // namespace credence
