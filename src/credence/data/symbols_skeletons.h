#pragma once

#include <string>
#include <vector>

#include "credence/data/digits_skeletons.h"

namespace credence {

/// A symbol that is no digit and, upright, looks like none.
struct Symbol {
  std::string name;
  std::vector<Skeleton> styles;
};

/// Letters and shapes, in the box that digits are written in.
const std::vector<Symbol>& symbol_skeletons();

}  // namespace credence
