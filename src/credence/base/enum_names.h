#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "credence/base/errors.h"

namespace credence {

/// The values of an enum, as they are called in a configuration.
///
/// An enum is given names by a function beside it:
///
///   enum class Padding { same, valid };
///   inline EnumNames<Padding> enum_names(Padding) {
///     static constexpr EnumName<Padding> names[] = {{Padding::same, "same"},
///                                                   {Padding::valid, "valid"}};
///     return names;
///   }
template <class Enum>
using EnumName = std::pair<Enum, const char*>;
template <class Enum>
using EnumNames = std::span<const EnumName<Enum>>;

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  EnumNames<T>(enum_names(value));
};

/// What `value` is called. InternalError if its names forget it.
template <NamedEnum Enum>
std::string enum_name(Enum value) {
  for (const auto& [candidate, name] : enum_names(value))
    if (candidate == value) return name;
  throw InternalError("an enum's value has no name");
}

/// All names, in the order they are listed.
template <NamedEnum Enum>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (const auto& entry : enum_names(Enum{})) names.emplace_back(entry.second);
  return names;
}

}  // namespace credence
