#pragma once

#include "credence/kernels/write.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Operations along the last axis, the channels, of activations [n, ..., C]. float32 or float64.

/// Every row of channels becomes `channel` [C].
void broadcast_channels(const Tensor& channel, Tensor& dst);

/// channel[c] = (or +=) the sum of src[..., c], in a fixed order.
void sum_channels(const Tensor& src, Tensor& channel, Write write);

/// dst[n, p, c] = (or +=) src[n, p, c] * factor[n, c]: one factor per example and channel, shared
/// over pixels. factor [n, C].
void scale_example_channels(const Tensor& src, const Tensor& factor, Tensor& dst, Write write);

}  // namespace credence
