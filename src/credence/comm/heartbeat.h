#pragma once

#include <filesystem>

#include "credence/comm/activity.h"
#include "credence/comm/heartbeat_record.h"

namespace credence {

/// Tells whoever has started the ranks that this one lives, and what it does; and takes signals
/// from there, which reach ranks on all hosts so, whatever their launcher does with signals.
class Heartbeat {
 public:
  Heartbeat(std::filesystem::path folder, int rank);

  /// Writes the file anew. A disk that does not take it is no error: the next one may succeed.
  void beat(const Activity& activity, bool has_ended = false);
  /// Sends this process the signals that have been asked for since the last call.
  void take_signals();

 private:
  std::filesystem::path file_, signal_file_;
  HeartbeatRecord record_;
  std::size_t signals_taken_ = 0;
};

}  // namespace credence
