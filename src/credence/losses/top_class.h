#pragma once

#include <cstdint>
#include <string_view>

#include "credence/losses/metric.h"

namespace credence {

/// The class that a target [n, 1] gives for row `row`. DataError if it is no class, ShapeError if
/// there are several targets an example.
std::int64_t target_class(std::string_view where, const Predictions& predictions,
                          const Tensor& target, std::int64_t row);

/// What a classifier bets on for an example, and whether it is right.
struct TopClass {
  double probability;
  bool correct;
};

/// Of row `row` of the predictions; among equals the first class. NumericalError if a probability
/// is not a number, DataError if the target is no class; both name the row and `where`.
TopClass top_class(std::string_view where, const Predictions& predictions, const Tensor& target,
                   std::int64_t row);

}  // namespace credence
