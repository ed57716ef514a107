#pragma once

#include <string>
#include <utility>
#include <vector>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {

/// A table of named things of one kind, in the order they are listed.
template <class T>
class Registry {
 public:
  Registry(std::string kind, std::vector<std::pair<std::string, T>> entries)
      : kind_(std::move(kind)), entries_(std::move(entries)) {}

  /// The entry of that name. ConfigError, naming the closest one, if there is none.
  const T& find(const std::string& name) const {
    for (const auto& [key, value] : entries_)
      if (key == name) return value;
    throw ConfigError(unknown_name(kind_, name, names()));
  }

  bool has(const std::string& name) const {
    for (const auto& entry : entries_)
      if (entry.first == name) return true;
    return false;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : entries_) names.push_back(entry.first);
    return names;
  }

 private:
  std::string kind_;
  std::vector<std::pair<std::string, T>> entries_;
};

}  // namespace credence
