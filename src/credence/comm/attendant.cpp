#include "credence/comm/attendant.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "credence/base/errors.h"
#include "credence/comm/launcher.h"

namespace credence {
namespace {

/// All ranks but the lost one run into the deadline together, and one message is enough: the first
/// to come ends the others, which takes mpirun a second or two.
double deadline_of(double deadline_s, int rank) {
  constexpr double apart_s = 2.5;
  constexpr int told_apart = 3;
  return deadline_s + apart_s * std::min(rank, told_apart);
}

}  // namespace

Attendant::Attendant(const Activity& activity, AttendantOptions options)
    : activity_(activity), options_(std::move(options)) {
  if (!options_.heartbeats.empty()) heartbeat_.emplace(options_.heartbeats, options_.rank);
  if (options_.deadline_s > 0) deadline_.emplace(deadline_of(options_.deadline_s, options_.rank));
  if (!heartbeat_ && !deadline_) return;
  look();
  // The main thread's system calls are to be interrupted by signals, not this one's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { attend(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Attendant::~Attendant() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (heartbeat_) heartbeat_->beat(activity_, /*has_ended=*/true);
}

void Attendant::attend() {
  std::unique_lock lock(mutex_);
  const std::chrono::duration<double> interval(options_.interval_s);
  while (!wake_.wait_for(lock, interval, [this] { return ends_; })) look();
}

void Attendant::look() {
  if (heartbeat_) {
    heartbeat_->beat(activity_);
    heartbeat_->take_signals();
  }
  if (!deadline_) return;
  const auto overdue = deadline_->look(activity_, WaitDeadline::Clock::now());
  if (overdue) options_.on_overdue(*overdue);
}

AttendantOptions attendant_options() {
  const Launcher launcher = find_launcher();
  const char* const folder = std::getenv(heartbeats_variable);
  AttendantOptions options{.heartbeats = folder == nullptr ? "" : folder, .rank = launcher.rank};
  if (const char* const interval = std::getenv(heartbeat_interval_variable))
    options.interval_s = std::clamp(std::atof(interval), 0.01, 10.0);
  try {
    if (launcher.ranks > 1) options.deadline_s = wait_deadline_s();
  } catch (const ConfigError&) {
    // Told once all ranks can hear of it.
  }
  return options;
}

}  // namespace credence
