#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// A section and the options given in it, for errors that name one of them; it may outlive the
/// reader.
struct ConfigPlaces {
  ConfigPlace section;
  std::vector<std::pair<std::string, ConfigPlace>> options;  ///< by key

  /// The place of the option that the message names first, else of the section.
  const ConfigPlace& of_named(std::string_view message) const;

  /// Runs `body`; a ConfigError of it gets the place of what it names.
  template <class Body>
  decltype(auto) check(const Body& body) const {
    try {
      return body();
    } catch (const ConfigError& error) {
      of_named(error.what()).fail(error.what());
    }
  }
};

}  // namespace credence
