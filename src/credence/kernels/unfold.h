#pragma once

#include "credence/kernels/linear_map.h"

namespace credence {

/// The terms of a convolution's sums, so that it is a product of matrices (Chellapilla, Puri and
/// Simard 2006): dst[n, pixel, t] is the element of src[n] that weight t of a filter meets there, 0
/// in the padding. Columns of dst beyond the weights of a filter become 1: what a bias meets.
///
/// Shapes  src [n, height, width, channels] float32; dst [n * pixels, columns] float64.
/// Errors  ShapeError if they do not fit the geometry.
void unfold(const Conv2dGeometry& geometry, const Tensor& src, Tensor& dst);

}  // namespace credence
