#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace credence {

/// Bins of equal width from the least value to the greatest; wider if these are one. Each holds its
/// lower edge, the last its upper edge too. Values that are not finite are in none.
struct Histogram {
  std::vector<double> edges;         ///< ascending, one more than counts
  std::vector<std::int64_t> counts;  ///< exact: no value is left out
  double least = 0, most = 0;
  double sum = 0, sum_of_squares = 0;

  std::int64_t count() const;
};

/// What is counted of each value: itself, or its softplus, as sigma is of rho.
enum class Transform { none, softplus };

Histogram histogram_of(std::span<const float> values, int bins,
                       Transform transform = Transform::none);

/// The rule of Rice University, but at most so many: 2 cbrt(n) bins for n values, rounded up.
int rice_bins(std::int64_t values, int most = 60);

}  // namespace credence
