#pragma once

#include "credence/losses/metric.h"

namespace credence {

/// The fraction of examples whose most probable class is the target. A figure of one example, for
/// MeanMetric.
struct Accuracy {
  static constexpr const char* name = "accuracy";
  static constexpr bool fits(Problem problem) { return problem == Problem::classification; }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

}  // namespace credence
