#pragma once

#include <chrono>
#include <thread>

namespace credence {

/// How to wait for another rank that is about to be ready: at first by asking again at once, then
/// by giving the core to whoever wants it, and in the end by sleeping.
class Backoff {
 public:
  void pause() {
    using namespace std::chrono_literals;
    if (++asked_ <= 64) return;
    const auto now = std::chrono::steady_clock::now();
    if (asked_ == 65) begin_ = now;
    if (now - begin_ < 500us)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(20us);
  }

 private:
  int asked_ = 0;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace credence
