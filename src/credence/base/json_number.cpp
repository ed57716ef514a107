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

template <class Integer, class Json>
std::optional<Integer> whole_number(const Json& value) {
  constexpr double all_whole =
      9007199254740992;  // 2^53: doubles beyond it are whole, but not exact
  if (value.is_number_unsigned()) return in_range<Integer>(value.template get<std::uint64_t>());
  if (value.is_number_integer()) return in_range<Integer>(value.template get<std::int64_t>());
  if (!value.is_number_float()) return std::nullopt;
  const auto number = value.template get<double>();
  if (!(std::abs(number) <= all_whole) || number != std::trunc(number)) return std::nullopt;
  return in_range<Integer>(static_cast<std::int64_t>(number));
}

template std::optional<int> whole_number(const nlohmann::json&);
template std::optional<std::int64_t> whole_number(const nlohmann::json&);
template std::optional<std::uint64_t> whole_number(const nlohmann::json&);
template std::optional<int> whole_number(const nlohmann::ordered_json&);
template std::optional<std::int64_t> whole_number(const nlohmann::ordered_json&);
template std::optional<std::uint64_t> whole_number(const nlohmann::ordered_json&);

}  // namespace credence
