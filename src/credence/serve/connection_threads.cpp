#include "credence/serve/connection_threads.h"

#include <system_error>
#include <utility>

namespace credence {

ConnectionThreads::~ConnectionThreads() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool ConnectionThreads::start(Descriptor& connection) {
  const std::lock_guard lock(mutex_);
  if (idle_ == 0) {
    if (std::ssize(threads_) >= most_) return false;
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // the system has no more threads
      return false;
    }
  } else {
    --idle_;
  }
  queue_.push_back(std::move(connection));
  changed_.notify_one();
  return true;
}

void ConnectionThreads::work() {
  for (;;) {
    Descriptor connection;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      connection = std::move(queue_.front());
      queue_.pop_front();
    }
    serve_(std::move(connection));
    const std::lock_guard lock(mutex_);
    ++idle_;
  }
}

}  // namespace credence
