#pragma once

#include <string_view>

namespace credence {

/// ConfigError, naming `where` and `key`, unless 0 <= value < 1.
void require_fraction(std::string_view where, std::string_view key, double value);
/// ConfigError unless value is finite and 0 or more.
void require_not_negative(std::string_view where, std::string_view key, double value);
/// ConfigError unless value is finite and above 0.
void require_positive(std::string_view where, std::string_view key, double value);

}  // namespace credence
