#include "credence/comm/wait_deadline.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "credence/base/errors.h"

namespace credence {
namespace {

double seconds_between(WaitDeadline::Clock::time_point begin, WaitDeadline::Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

std::optional<std::string> WaitDeadline::look(const Activity& activity, Clock::time_point now) {
  // This process itself was stopped, as by a batch system that suspends a job.
  constexpr double longest_pause_s = 3;
  const bool was_stopped = seconds_between(last_look_, now) > longest_pause_s;
  last_look_ = now;
  const std::uint64_t wait = activity.waits();
  const char* const operation = activity.operation();
  if (operation == nullptr || wait != wait_ || was_stopped) {
    wait_ = wait;
    since_ = now;
    return std::nullopt;
  }
  const double seconds = seconds_between(since_, now);
  if (seconds < limit_s_) return std::nullopt;
  const std::int64_t step = activity.step();
  return concat("waited for other ranks for ", std::lround(seconds), " s, in ", operation,
                step > 0 ? concat(" at step ", step) : " before the first step",
                ": one of them is lost or stopped, or needs more time than CREDENCE_DEADLINE_S "
                "gives it");
}

double wait_deadline_s() {
  constexpr double default_s = 1800;
  const char* const variable = std::getenv("CREDENCE_DEADLINE_S");
  if (variable == nullptr || *variable == '\0') return default_s;
  const std::string_view text = variable;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  require<ConfigError>(error == std::errc() && end == text.data() + text.size() && seconds >= 0 &&
                           std::isfinite(seconds),
                       "CREDENCE_DEADLINE_S: expected seconds (0: no deadline), got \"", text,
                       "\"");
  return seconds;
}

}  // namespace credence
