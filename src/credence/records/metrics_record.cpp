#include "credence/records/metrics_record.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "credence/base/json_number.h"

namespace credence {
namespace {

constexpr std::array<std::string_view, 2> member_keys{"member", "chain"};

}  // namespace

double MetricsRecord::number(std::string_view key, double fallback) const {
  const auto found = std::ranges::find(numbers, key, [](const auto& pair) { return pair.first; });
  return found == numbers.end() ? fallback : found->second;
}

std::int64_t MetricsRecord::count(std::string_view key, std::int64_t fallback) const {
  return whole_number(number(key, static_cast<double>(fallback))).value_or(fallback);
}

std::string MetricsRecord::text(std::string_view key) const {
  const auto found = std::ranges::find(texts, key, [](const auto& pair) { return pair.first; });
  return found == texts.end() ? "" : found->second;
}

std::int64_t MetricsRecord::member() const {
  return count(member_keys[0], count(member_keys[1]));
}

std::optional<MetricsRecord> parse_metrics_record(std::string_view line) {
  const auto json = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("event") || !json["event"].is_string())
    return std::nullopt;
  MetricsRecord record{.event = json["event"].get<std::string>()};
  for (const auto& [key, value] : json.items()) {
    if (value.is_number()) record.numbers.emplace_back(key, value.get<double>());
    if (value.is_string()) record.texts.emplace_back(key, value.get<std::string>());
  }
  return record;
}

bool is_place(std::string_view key) {
  return key == "epoch" || key == "step" || std::ranges::count(member_keys, key) > 0;
}

}  // namespace credence
