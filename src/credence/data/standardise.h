#pragma once

#include "credence/data/dataset.h"

namespace credence {

/// src [n, columns], float64: (src - mean) / standard deviation, by column, those of `by`'s inputs
/// (a division by n); a column that is constant there is only shifted.
void standardise(Tensor& src, const Dataset& by);

}  // namespace credence
