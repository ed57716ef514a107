#pragma once

#include "credence/layers/activation.h"

namespace credence {

struct ReluRule {
  static constexpr const char* type = "ReLU";
  template <class T>
  static T forward(T x) {
    return x < T(0) ? T(0) : x;  // NaN passes
  }
  template <class T>
  static T derivative(T y) {
    return y > T(0) ? T(1) : T(0);
  }
};

/// max(0, x).
using ReLU = Activation<ReluRule>;

}  // namespace credence
