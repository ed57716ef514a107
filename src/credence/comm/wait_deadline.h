#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "credence/comm/activity.h"

namespace credence {

/// Finds a rank that has waited too long for others, which may be dead or stopped: MPI itself would
/// wait for ever. Costs the waits nothing, as it looks at them from aside.
class WaitDeadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit WaitDeadline(double limit_s) : limit_s_(limit_s) {}

  /// Called every now and then; what to say once one and the same wait has lasted for longer.
  std::optional<std::string> look(const Activity& activity, Clock::time_point now);

 private:
  double limit_s_;
  std::uint64_t wait_ = 0;
  Clock::time_point since_{};
  Clock::time_point last_look_{};
};

/// CREDENCE_DEADLINE_S, or else half an hour: rank 0 may download data, and the others wait for it.
/// 0: none. ConfigError if it is no number of seconds.
double wait_deadline_s();

}  // namespace credence
