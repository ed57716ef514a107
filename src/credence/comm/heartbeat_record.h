#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace credence {

/// What a rank's heartbeat says: the file rank-<n> in the folder that CREDENCE_HEARTBEATS names.
struct HeartbeatRecord {
  int rank = 0;
  std::string host = {};
  std::int64_t process = 0;
  std::int64_t beat = 0;  ///< counts up for as long as the process runs
  double time = 0;        ///< by wall_seconds() of that host
  std::int64_t step = 0;
  std::string operation = {};  ///< what it does, or waits in
  bool waits = false;          ///< for other ranks
  bool has_ended = false;      ///< in good order
  std::string run = {};        ///< the run directory
};

/// Files of one size, so that a disk that has room for the first beat has it for all.
inline constexpr std::size_t heartbeat_bytes = 1024;

inline constexpr const char* heartbeats_variable = "CREDENCE_HEARTBEATS";
inline constexpr const char* heartbeat_interval_variable = "CREDENCE_HEARTBEAT_S";

std::filesystem::path heartbeat_file(const std::filesystem::path& folder, int rank);
/// The file through which whoever watches sends all ranks a signal: its number.
std::filesystem::path heartbeat_signal_file(const std::filesystem::path& folder);

/// heartbeat_bytes of text.
std::string text_of(const HeartbeatRecord& record);
/// None if the text is not whole: none has been written yet, or one is just being written.
std::optional<HeartbeatRecord> parse_heartbeat(const std::string& text);

}  // namespace credence
