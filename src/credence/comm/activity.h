#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace credence {

/// What a rank is doing, for those who watch it from another thread. Telling it costs a few stores,
/// and is the main thread's alone.
class Activity {
 public:
  /// A call that may wait for other ranks, as long as it lives. Operations and phases are literals.
  class Wait {
   public:
    Wait(Activity& activity, const char* operation) : activity_(activity) {
      activity_.waits_.fetch_add(1, std::memory_order_relaxed);
      before_ = activity_.operation_.exchange(operation, std::memory_order_acq_rel);
    }
    ~Wait() { activity_.operation_.store(before_, std::memory_order_release); }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    Activity& activity_;
    const char* before_ = nullptr;
  };

  void set_phase(const char* phase) { phase_.store(phase, std::memory_order_relaxed); }
  /// Of training, from 1; 0: not yet.
  void set_step(std::int64_t step) { step_.store(step, std::memory_order_relaxed); }
  /// The run directory, which whoever has started the ranks may want to go on with.
  void set_run(const std::string& run) {
    const std::lock_guard lock(mutex_);
    run_ = run;
  }

  const char* phase() const { return phase_.load(std::memory_order_relaxed); }
  std::int64_t step() const { return step_.load(std::memory_order_relaxed); }
  /// Null where it waits for nobody.
  const char* operation() const { return operation_.load(std::memory_order_acquire); }
  /// How many there have been: whether one is still the same.
  std::uint64_t waits() const { return waits_.load(std::memory_order_relaxed); }
  std::string run() const {
    const std::lock_guard lock(mutex_);
    return run_;
  }

 private:
  std::atomic<const char*> operation_{nullptr};
  std::atomic<const char*> phase_{"start"};
  std::atomic<std::int64_t> step_{0};
  std::atomic<std::uint64_t> waits_{0};
  mutable std::mutex mutex_;
  std::string run_;
};

}  // namespace credence
