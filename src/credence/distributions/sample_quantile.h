#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace credence {

/// The quantile of `sorted` values, at least one, at a probability in [0, 1]: between the two
/// nearest in proportion, definition 7 of Hyndman and Fan 1996, doi:10.1080/00031305.1996.10473566.
inline double sample_quantile(std::span<const double> sorted, double probability) {
  const double place = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace credence
