#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <span>

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

/// Terms of a sum that are made, and added, together.
inline constexpr std::int64_t sum_block = 1024;

/// The sum of `count` terms, over the threads: fill(first, terms) makes those from `first` on, as
/// many as `terms` holds, at most sum_block. The order is fixed here too: a tree over each block,
/// then block after block. Calls made(begin, end) on the thread that has just made those terms,
/// while all they touched is in its cache.
template <class T, class Fill, class Made>
double sum_of_blocks(std::int64_t count, const Fill& fill, const Made& made) {
  return parallel_sum(count, 4 * sum_block, [&](std::int64_t begin, std::int64_t end) {
    const Fill own = fill;  // so that its constants may stay in registers
    alignas(64) T terms[sum_block];
    alignas(64) double sums[sum_block / 2];
    double sum = 0;
    for (std::int64_t first = begin; first < end; first += sum_block) {
      const std::int64_t filled = std::min(sum_block, end - first);
      own(first, std::span<T>(terms, static_cast<std::size_t>(filled)));
      std::fill(terms + filled, terms + sum_block, T(0));
      for (std::int64_t i = 0; i < sum_block / 2; ++i)
        sums[i] = static_cast<double>(terms[i]) + static_cast<double>(terms[i + sum_block / 2]);
      for (std::int64_t half = sum_block / 4; half > 0; half /= 2)
        for (std::int64_t i = 0; i < half; ++i) sums[i] += sums[i + half];
      sum += sums[0];
      made(first, first + filled);
    }
    return sum;
  });
}

/// The same for terms that are made one by one, term(0) .. term(count - 1).
template <class Term, class Made>
double sum_of_terms(std::int64_t count, Term term, const Made& made) {
  using T = decltype(term(std::int64_t{}));
  return sum_of_blocks<T>(
      count,
      [term](std::int64_t first, std::span<T> terms) {
        const auto filled = static_cast<std::int64_t>(terms.size());
        T* const to = terms.data();
#pragma omp simd
        for (std::int64_t i = 0; i < filled; ++i) to[i] = term(first + i);
      },
      made);
}

template <class Term>
double sum_of_terms(std::int64_t count, Term term) {
  return sum_of_terms(count, term, [](std::int64_t, std::int64_t) {});
}

}  // namespace credence
