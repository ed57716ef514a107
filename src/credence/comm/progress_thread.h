#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace credence {

/// Calls something again and again while there is something under way: messages of most MPI
/// libraries go on only while one of its functions is called, and a long layer calls none.
class ProgressThread {
 public:
  /// `advance`: returns whether something is still under way; must not throw, and may be called at
  /// any time until the end.
  explicit ProgressThread(std::function<bool()> advance);
  /// Ends the thread.
  ~ProgressThread();
  ProgressThread(const ProgressThread&) = delete;
  ProgressThread& operator=(const ProgressThread&) = delete;

  /// Something is under way.
  void wake();

 private:
  void run();

  std::function<bool()> advance_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_awake_ = false, ends_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace credence
