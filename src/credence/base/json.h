#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

namespace credence {

/// One key and value of a JSON object.
struct Field {
  std::string key;
  std::variant<bool, std::int64_t, double, std::string> value;
};

/// The fields as one line of JSON, in the order given: {"event":"epoch","loss":0.25}. Numbers that
/// are not finite become null; text that is not UTF-8 has its bad bytes replaced.
std::string json_object(std::span<const Field> fields);

}  // namespace credence
