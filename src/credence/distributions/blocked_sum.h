#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "credence/kernels/parallel.h"

namespace credence {

/// The sum of term(0) .. term(count - 1) in double, over the threads. The order is fixed: a tree
/// over each block, then block after block; so threads and vector width do not change a bit.
template <class Term>
double blocked_sum(std::int64_t count, Term term) {
  constexpr std::int64_t block = 1024;
  const std::int64_t blocks = (count + block - 1) / block;
  std::vector<double> sums(static_cast<std::size_t>(blocks));
  parallel_for(blocks, elementwise_grain / block, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) double terms[block];
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t first = b * block, filled = std::min(block, count - first);
      for (std::int64_t i = 0; i < filled; ++i) terms[i] = term(first + i);
      std::fill(terms + filled, terms + block, 0.0);
      for (std::int64_t half = block / 2; half > 0; half /= 2) {
        for (std::int64_t i = 0; i < half; ++i) terms[i] += terms[i + half];
      }
      sums[static_cast<std::size_t>(b)] = terms[0];
    }
  });
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum;
}

}  // namespace credence
