#pragma once

#include <cmath>

#include "credence/layers/activation.h"

namespace credence {

struct SigmoidRule {
  static constexpr const char* type = "Sigmoid";
  template <class T>
  static T forward(T x) {
    return T(1) / (T(1) + std::exp(-x));
  }
  template <class T>
  static T derivative(T y) {
    return y * (T(1) - y);
  }
};

/// 1 / (1 + exp(-x)).
using Sigmoid = Activation<SigmoidRule>;

}  // namespace credence
