#pragma once

#include <cstdint>
#include <optional>

namespace credence {

/// The whole number that a value of nlohmann's is, be it written "3" or "3.0"; none if it is
/// something else, or out of the type's range. For int, std::int64_t and std::uint64_t.
template <class Integer, class Json>
std::optional<Integer> whole_number(const Json& value);

}  // namespace credence
