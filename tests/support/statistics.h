#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace credence::test {

/// Standard deviations by which the mean of x lies off `mean`, the variance of one draw known.
template <class T>
double mean_z(std::span<const T> x, double mean, double variance) {
  double sum = 0;
  for (const T v : x) sum += v - mean;
  return sum / std::sqrt(variance * static_cast<double>(x.size()));
}

/// Standard deviations by which the sum of x * y lies off zero, for independent x and y of mean
/// zero and variance one.
template <class T>
double correlation_z(std::span<const T> x, std::span<const T> y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += double{x[i]} * double{y[i]};
  return sum / std::sqrt(static_cast<double>(x.size()));
}

/// Pearson's statistic of counts against equal expectations, as a standard normal z (Wilson and
/// Hilferty 1931): far below zero is too even, far above too uneven.
inline double chi_squared_z(std::span<const std::int64_t> counts) {
  double total = 0;
  for (const std::int64_t count : counts) total += static_cast<double>(count);
  const double expected = total / static_cast<double>(counts.size());
  double statistic = 0;
  for (const std::int64_t count : counts) {
    const double off = static_cast<double>(count) - expected;
    statistic += off * off / expected;
  }
  const double freedom = static_cast<double>(counts.size()) - 1.0;
  const double spread = 2.0 / (9.0 * freedom);
  return (std::cbrt(statistic / freedom) - (1.0 - spread)) / std::sqrt(spread);
}

/// How many of u in (0, 1) fall into each of `bins` equal bins.
inline std::vector<std::int64_t> bin_unit(std::span<const double> u, int bins) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(bins));
  for (const double v : u) ++counts[static_cast<std::size_t>(v * bins)];
  return counts;
}

}  // namespace credence::test
