#include "credence/inference/pbp_moments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace credence {
namespace {

/// Of a number that does not scatter. At the kink, the mean of both sides.
ReluMoments relu_of_number(double x) {
  const double slope = x > 0 ? 1 : x < 0 ? 0 : 0.5;
  return {.moments = {.mean = std::max(x, 0.0)},
          .mean_by_mean = slope,
          .mean_by_variance = 0,
          .variance_by_mean = 0,
          .variance_by_variance = slope};
}

}  // namespace

ReluMoments relu_moments(const NormalMoments& x) {
  if (x.variance < std::numeric_limits<double>::min()) return relu_of_number(x.mean);
  constexpr double root_2 = std::numbers::sqrt2;
  constexpr double phi_of_0 = std::numbers::inv_sqrtpi / root_2;
  const double sigma = std::sqrt(x.variance), a = x.mean / sigma;
  const double density = phi_of_0 * std::exp(-0.5 * a * a);
  const double on = 0.5 * std::erfc(-a / root_2), off = 0.5 * std::erfc(a / root_2);
  // Far out the two terms of h cancel, and rounding could make it negative.
  const double h = std::max(0.0, a * on + density);
  const double h_of_minus = std::max(0.0, density - a * off);
  const double mean = sigma * h;
  return {.moments = {.mean = mean, .variance = x.variance * std::max(0.0, on - h * h_of_minus)},
          .mean_by_mean = on,
          .mean_by_variance = 0.5 * density / sigma,
          .variance_by_mean = 2 * mean * off,
          .variance_by_variance = on - h * density};
}

}  // namespace credence
