#include "credence/comm/progress_thread.h"

#include <utility>

namespace credence {
namespace {

/// Between two calls: a layer that computes on the same core loses a few percent.
constexpr std::chrono::microseconds rest{50};

}  // namespace

ProgressThread::ProgressThread(std::function<bool()> advance)
    : advance_(std::move(advance)), thread_([this] { run(); }) {}

ProgressThread::~ProgressThread() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ProgressThread::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (is_awake_) return;
    is_awake_ = true;
  }
  changed_.notify_one();
}

void ProgressThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_awake_ || ends_; });
    if (ends_) return;
    is_awake_ = false;
    do {
      lock.unlock();
      const bool is_under_way = advance_();
      lock.lock();
      if (!is_under_way) break;
    } while (!changed_.wait_for(lock, rest, [this] { return ends_; }));
  }
}

}  // namespace credence
