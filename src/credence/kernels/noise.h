#pragma once

#include "credence/random/noise.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Standard normals in every element, over the threads; the same numbers for any number of them.
void fill_normal(Tensor& dst, NoiseKey key, NoisePosition position);

/// Row n of `dst` [rows, ...] gets the standard normals of example position.example + n.
void fill_normal_by_example(Tensor& dst, NoiseKey key, NoisePosition position);

/// Row n of `dst` [rows, C] gets the signs (-1 or +1) of example position.example + n.
void fill_signs_by_example(Tensor& dst, NoiseKey key, NoisePosition position);

}  // namespace credence
