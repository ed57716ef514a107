#pragma once

#include <string>

#include "credence/base/errors.h"

namespace credence {

/// Where something stands in a configuration, for messages; it may outlive the reader.
struct ConfigPlace {
  std::string path;   ///< "train.epochs"; empty at the root
  std::string where;  ///< "recipe.yaml:7"; empty if unknown

  /// "train.epochs: <message> (recipe.yaml:7)"
  std::string locate(const std::string& message) const {
    return concat(path, path.empty() ? "" : ": ", message, where.empty() ? "" : " (" + where + ")");
  }
  [[noreturn]] void fail(const std::string& message) const { throw ConfigError(locate(message)); }

  /// Runs `body`; a ConfigError of it gets this place.
  template <class Body>
  decltype(auto) check(const Body& body) const {
    try {
      return body();
    } catch (const ConfigError& error) {
      fail(error.what());
    }
  }
};

}  // namespace credence
