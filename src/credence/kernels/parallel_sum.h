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
  parallel_for(count, {.least = block, .unit = block}, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += block)
      sums[static_cast<std::size_t>(first / block)] = body(first, std::min(first + block, end));
  });
  return std::accumulate(sums.begin(), sums.begin() + (count + block - 1) / block, 0.0);
}

/// The sum of term(0) .. term(count - 1), over the threads. The order is fixed here too: a tree
/// over each block of terms, which are made in a loop of their own, then block after block. Calls
/// made(begin, end) on the thread that has just made those terms, while all they touched is in its
/// cache.
template <class Term, class Made>
double sum_of_terms(std::int64_t count, Term term, const Made& made) {
  constexpr std::int64_t block = 1024;
  using T = decltype(term(std::int64_t{}));
  return parallel_sum(count, 4 * block, [&](std::int64_t begin, std::int64_t end) {
    const Term own = term;  // so that its constants may stay in registers
    alignas(64) T terms[block];
    alignas(64) double sums[block / 2];
    double sum = 0;
    for (std::int64_t first = begin; first < end; first += block) {
      const std::int64_t filled = std::min(block, end - first);
#pragma omp simd
      for (std::int64_t i = 0; i < filled; ++i) terms[i] = own(first + i);
      std::fill(terms + filled, terms + block, T(0));
      for (std::int64_t i = 0; i < block / 2; ++i)
        sums[i] = static_cast<double>(terms[i]) + static_cast<double>(terms[i + block / 2]);
      for (std::int64_t half = block / 4; half > 0; half /= 2)
        for (std::int64_t i = 0; i < half; ++i) sums[i] += sums[i + half];
      sum += sums[0];
      made(first, first + filled);
    }
    return sum;
  });
}

template <class Term>
double sum_of_terms(std::int64_t count, Term term) {
  return sum_of_terms(count, term, [](std::int64_t, std::int64_t) {});
}

}  // namespace credence
