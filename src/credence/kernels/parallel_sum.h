#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include "credence/kernels/parallel.h"

namespace credence {

/// The sum over [0, count) of a quantity whose sum over [begin, end) is body(begin, end), over the
/// threads. Blocks and the order of their sum follow from count and grain alone, so that the result
/// is the same, bit for bit, for any number of threads. Allocates nothing.
template <class Body>
double parallel_sum(std::int64_t count, std::int64_t grain, Body&& body) {
  constexpr std::int64_t max_blocks = 256;
  const std::int64_t block = std::max(grain, (count + max_blocks - 1) / max_blocks);
  std::array<double, max_blocks> sums{};
  parallel_for(count, block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += block)
      sums[static_cast<std::size_t>(first / block)] = body(first, std::min(first + block, end));
  });
  return std::accumulate(sums.begin(), sums.begin() + (count + block - 1) / block, 0.0);
}

}  // namespace credence
