#include "credence/scaling/expected_maximum.h"

#include <cmath>
#include <numbers>

namespace credence {

double expected_maximum(std::int64_t n) {
  // E max = int_0^inf P(max > x) - P(max < -x) dx. The integrand is smooth, so that the rule of
  // trapezoids is right to its rounding.
  constexpr double step = 1.0 / 64, end = 12;
  const auto count = static_cast<double>(n);
  double sum = 0;
  for (double x = 0; x < end; x += step) {
    const double above = 0.5 * std::erfc(x / std::numbers::sqrt2);
    const double some_above = -std::expm1(count * std::log1p(-above));
    const double all_below = std::exp(count * std::log(above));
    sum += (x == 0 ? 0.5 : 1) * (some_above - all_below);
  }
  return step * sum;
}

}  // namespace credence
