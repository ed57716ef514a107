#pragma once

#include <cstdint>

#include "credence/base/enum_names.h"

namespace credence {

/// What a data set asks for.
enum class Problem { classification, regression };
inline EnumNames<Problem> enum_names(Problem) {
  static constexpr EnumName<Problem> names[] = {{Problem::classification, "classification"},
                                                {Problem::regression, "regression"}};
  return names;
}

/// That of a data set with so many classes, 0 for regression.
constexpr Problem problem_with(std::int64_t classes) {
  return classes > 0 ? Problem::classification : Problem::regression;
}

}  // namespace credence
