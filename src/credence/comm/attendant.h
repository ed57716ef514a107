#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "credence/comm/heartbeat.h"
#include "credence/comm/wait_deadline.h"

namespace credence {

struct AttendantOptions {
  std::filesystem::path heartbeats = {};  ///< the folder; empty: none are written
  int rank = 0;
  double interval_s = 0.5;
  double deadline_s = 0;  ///< 0: none
  /// Ends the job, and does not return; told what the rank has waited for.
  std::function<void(const std::string&)> on_overdue = {};
};

/// A thread of a rank that looks after it a few times a second: it beats as long as the process
/// runs, however long a step takes, and ends the job when the rank has waited too long for others.
class Attendant {
 public:
  /// Does nothing, with no thread, where there is neither a folder nor a deadline. The activity
  /// must outlive it.
  Attendant(const Activity& activity, AttendantOptions options);
  /// The last beat says that the rank has ended in good order.
  ~Attendant();
  Attendant(const Attendant&) = delete;
  Attendant& operator=(const Attendant&) = delete;

 private:
  void attend();
  void look();

  const Activity& activity_;
  AttendantOptions options_;
  std::optional<Heartbeat> heartbeat_;
  std::optional<WaitDeadline> deadline_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ends_ = false;
  std::thread thread_;
};

/// As the environment says: CREDENCE_HEARTBEATS, CREDENCE_HEARTBEAT_S, and a deadline if the
/// launcher has started several ranks.
AttendantOptions attendant_options();

}  // namespace credence
