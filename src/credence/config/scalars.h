#pragma once

#include <cstdint>
#include <string>

namespace credence {

/// Reads `text` as YAML's core schema does, into `value`; false, leaving it alone, if it is no such
/// thing or out of range. Integers may be written as 1e3 where that is exact, or as 0x1f. Infinity
/// and NaN must be written (.inf, .nan): an overflow is out of range.
bool parse_scalar(const std::string& text, bool& value);
bool parse_scalar(const std::string& text, int& value);
bool parse_scalar(const std::string& text, std::int64_t& value);
bool parse_scalar(const std::string& text, std::uint64_t& value);
bool parse_scalar(const std::string& text, double& value);
bool parse_scalar(const std::string& text, float& value);

/// The shortest text that reads back as the same value: 0.001, 1.0e-05, .inf. A real number has a
/// decimal point, without which YAML 1.1 readers take 1e-05 for text.
std::string format_scalar(bool value);
std::string format_scalar(int value);
std::string format_scalar(std::int64_t value);
std::string format_scalar(std::uint64_t value);
std::string format_scalar(double value);
std::string format_scalar(float value);

/// Whether unquoted `text` would be read as something else than text: 5, true, null.
bool needs_quotes(const std::string& text);

}  // namespace credence
