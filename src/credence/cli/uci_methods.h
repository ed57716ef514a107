#pragma once

#include <string>
#include <vector>

#include "credence/base/registry.h"

namespace credence::cli {

/// A method of inference as it is compared on the UCI sets.
struct UciMethod {
  std::string description;
  std::string recipe;  ///< YAML, as a file for `credence train`, but for data.path and data.split
  /// Changes to the recipe to choose from, each a list of key=value.
  std::vector<std::vector<std::string>> candidates;
};

/// The table of methods. All have one hidden layer of 50 units with ReLU, as in Hernandez-Lobato
/// and Adams 2015, arXiv:1502.05336.
const Registry<UciMethod>& uci_methods();

}  // namespace credence::cli
