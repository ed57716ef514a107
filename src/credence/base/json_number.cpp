#include "credence/base/json_number.h"

#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

namespace credence {
namespace {

template <class Integer, class From>
std::optional<Integer> in_range(From number) {
  if (!std::in_range<Integer>(number)) return std::nullopt;
  return static_cast<Integer>(number);
}

}  // namespace

std::optional<std::int64_t> whole_number(double value) {
  constexpr double all_exact = 9007199254740992;  // 2^53
  if (!(std::abs(value) <= all_exact) || value != std::trunc(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

template <class Integer, class Json>
std::optional<Integer> whole_number(const Json& value) {
  if (value.is_number_unsigned()) return in_range<Integer>(value.template get<std::uint64_t>());
  if (value.is_number_integer()) return in_range<Integer>(value.template get<std::int64_t>());
  if (!value.is_number_float()) return std::nullopt;
  const std::optional<std::int64_t> number = whole_number(value.template get<double>());
  return number ? in_range<Integer>(*number) : std::nullopt;
}

template std::optional<int> whole_number(const nlohmann::json&);
template std::optional<std::int64_t> whole_number(const nlohmann::json&);
template std::optional<std::uint64_t> whole_number(const nlohmann::json&);
template std::optional<int> whole_number(const nlohmann::ordered_json&);
template std::optional<std::int64_t> whole_number(const nlohmann::ordered_json&);
template std::optional<std::uint64_t> whole_number(const nlohmann::ordered_json&);

}  // namespace credence
