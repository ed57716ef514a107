#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace credence {

/// A line of metrics.jsonl as it is read back: that of `MetricsLog::write`, the other way round.
struct MetricsRecord {
  std::string event;
  std::vector<std::pair<std::string, double>> numbers;  ///< in their order; no null
  std::vector<std::pair<std::string, std::string>> texts;

  /// The number under a key; `fallback` if there is none.
  double number(std::string_view key, double fallback = 0) const;
  /// The same for a whole number: one that is not whole, or out of range, is none.
  std::int64_t count(std::string_view key, std::int64_t fallback = 0) const;
  std::string text(std::string_view key) const;
  /// Of an ensemble, or the chain of HMC, from 1; 0: there is one network.
  std::int64_t member() const;
};

/// None unless the line is a JSON object with an event.
std::optional<MetricsRecord> parse_metrics_record(std::string_view line);

/// Whether a key tells where in training a record is, and is no figure of it.
bool is_place(std::string_view key);

}  // namespace credence
