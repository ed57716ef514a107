#pragma once

#include <cstdint>
#include <optional>

namespace credence {

/// The whole number that a value of nlohmann's is, be it written "3" or "3.0"; none if it is
/// something else, or out of the type's range. For int, std::int64_t and std::uint64_t.
template <class Integer, class Json>
std::optional<Integer> whole_number(const Json& value);

/// The whole number that a double is, up to 2^53 in size: beyond it doubles leave numbers out.
std::optional<std::int64_t> whole_number(double value);

}  // namespace credence
