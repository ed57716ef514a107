#pragma once

#include <cstdint>

#include "credence/base/enum_names.h"

namespace credence {

/// What a loss is for: classes, a figure, or a figure with its density, which a likelihood gives.
enum class Problem { classification, regression, density_regression };
inline EnumNames<Problem> enum_names(Problem) {
  static constexpr EnumName<Problem> names[] = {
      {Problem::classification, "classification"},
      {Problem::regression, "regression"},
      {Problem::density_regression, "regression with a density"}};
  return names;
}

constexpr bool is_regression(Problem problem) {
  return problem != Problem::classification;
}
/// Whether targets have a probability or a density.
constexpr bool has_likelihood(Problem problem) {
  return problem != Problem::regression;
}

}  // namespace credence
