#pragma once

#include "credence/losses/metric.h"

namespace credence {

/// The sum over classes of (p - [class is the target])^2, from 0 to 2. A figure of one example, for
/// MeanMetric. Source: Brier 1950, in its original form for several classes.
struct Brier {
  static constexpr const char* name = "brier";
  static constexpr bool fits(Problem problem) { return problem == Problem::classification; }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

}  // namespace credence
