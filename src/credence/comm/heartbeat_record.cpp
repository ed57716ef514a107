#include "credence/comm/heartbeat_record.h"

#include <array>

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/json.h"

namespace credence {

std::filesystem::path heartbeat_file(const std::filesystem::path& folder, int rank) {
  return folder / concat("rank-", rank);
}

std::filesystem::path heartbeat_signal_file(const std::filesystem::path& folder) {
  return folder / "signal";
}

std::string text_of(const HeartbeatRecord& record) {
  std::array fields{Field{"rank", std::int64_t{record.rank}},
                    Field{"host", record.host},
                    Field{"process", record.process},
                    Field{"beat", record.beat},
                    Field{"time", record.time},
                    Field{"step", record.step},
                    Field{"operation", record.operation},
                    Field{"waits", record.waits},
                    Field{"has_ended", record.has_ended},
                    Field{"run", record.run}};
  std::string text = json_object(fields);
  if (text.size() >= heartbeat_bytes) {
    fields.back().value = "";  // a path that long is found another way
    text = json_object(fields);
  }
  text.resize(heartbeat_bytes - 1, ' ');
  return text + '\n';
}

std::optional<HeartbeatRecord> parse_heartbeat(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  try {
    return HeartbeatRecord{.rank = json.at("rank"),
                           .host = json.at("host"),
                           .process = json.at("process"),
                           .beat = json.at("beat"),
                           .time = json.at("time"),
                           .step = json.at("step"),
                           .operation = json.at("operation"),
                           .waits = json.at("waits"),
                           .has_ended = json.at("has_ended"),
                           .run = json.at("run")};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace credence
