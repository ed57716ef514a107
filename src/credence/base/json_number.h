#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace credence {

/// The whole number that a JSON value is; none if it is something else, a fraction, or out of the
/// type's range.
template <class Integer, class Json>
std::optional<Integer> whole_number(const Json& value) {
  const bool fits =
      value.is_number_unsigned()
          ? std::in_range<Integer>(value.template get<std::uint64_t>())
          : value.is_number_integer() && std::in_range<Integer>(value.template get<std::int64_t>());
  if (!fits) return std::nullopt;
  return value.template get<Integer>();
}

}  // namespace credence
