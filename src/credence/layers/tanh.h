#pragma once

#include <cmath>

#include "credence/layers/activation.h"

namespace credence {

struct TanhRule {
  static constexpr const char* type = "Tanh";
  template <class T>
  static T forward(T x) {
    return std::tanh(x);
  }
  template <class T>
  static T derivative(T y) {
    return T(1) - y * y;
  }
};

/// The hyperbolic tangent.
using Tanh = Activation<TanhRule>;

}  // namespace credence
