#pragma once

#include <cmath>
#include <numbers>

#include "credence/layers/activation.h"

namespace credence {

struct GeluRule {
  static constexpr const char* type = "GELU";
  template <class T>
  static T forward(T x) {
    return x * probability_below(x);
  }
  template <class T>
  static T derivative_at(T x) {
    // 1 / sqrt(2 pi), as a product of what <numbers> has
    constexpr T peak = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
    return probability_below(x) + x * peak * std::exp(-x * x / T(2));
  }

 private:
  /// Of a standard normal; erfc keeps the digits of the lower tail.
  template <class T>
  static T probability_below(T x) {
    return std::erfc(-x / std::numbers::sqrt2_v<T>) / T(2);
  }
};

/// x * P(a standard normal is below x), the exact form.
/// Source  Hendrycks and Gimpel 2016, arXiv:1606.08415.
using GELU = Activation<GeluRule>;

}  // namespace credence
