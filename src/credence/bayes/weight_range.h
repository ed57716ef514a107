#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "credence/kernels/parallel.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Weights [begin, end) of a layer's.
struct WeightRange {
  std::int64_t begin = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();  ///< or as many as there are

  WeightRange of(std::int64_t size) const { return {begin, std::min(end, size)}; }
  std::int64_t count() const { return end - begin; }
};

inline Tensor window_of(const Tensor& tensor, const WeightRange& part) {
  return tensor.window(part.begin, {part.count()});
}
/// `added` for a range of weights that is treated as if it were all: told numbers among all.
inline ElementsDone from(std::int64_t first, const ElementsDone& added) {
  if (!added || first == 0) return added;
  return
      [&added, first](std::int64_t begin, std::int64_t end) { added(first + begin, first + end); };
}

}  // namespace credence
