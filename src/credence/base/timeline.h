#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace credence {

/// The parts of a training step.
enum class Phase { gather, forward, loss, backward, reduce, update };

const char* name_of(Phase phase);

/// Where the time of a program's steps goes. One thread writes it: the one that takes the steps.
class Timeline {
 public:
  using Clock = std::chrono::steady_clock;

  /// A kind of work, done again and again.
  struct Work {
    Phase phase;
    std::string name;  ///< of a layer; empty if the phase says it all
    std::int64_t calls = 0;
    double seconds = 0;
  };
  /// One piece of it, in nanoseconds since the origin.
  struct Span {
    int work;
    std::int64_t begin_ns, end_ns;
  };

  /// Sums by kind of work are always made; the first `kept_spans` spans are kept too, for a trace.
  explicit Timeline(std::size_t kept_spans = 0) : kept_spans_(kept_spans) {
    spans_.reserve(kept_spans);
  }

  /// Announces a kind of work; returns its number, the same one each time.
  int add_work(Phase phase, const std::string& name = {});
  void record(int work, Clock::time_point begin, Clock::time_point end);
  /// Forgets what was recorded, not the kinds of work: warming up should not count.
  void clear();

  /// Spans are counted from here: from when the timeline was made, unless it is said otherwise.
  Clock::time_point origin() const { return origin_; }
  void set_origin(Clock::time_point origin) { origin_ = origin; }

  std::span<const Work> works() const { return works_; }
  std::span<const Span> spans() const { return spans_; }
  bool is_cut() const { return is_cut_; }  ///< there were more spans than are kept

 private:
  std::size_t kept_spans_;
  Clock::time_point origin_ = Clock::now();
  std::vector<Work> works_;
  std::vector<Span> spans_;
  bool is_cut_ = false;
};

/// Records the time from its making to its end; does nothing without a timeline.
class TimedScope {
 public:
  TimedScope(Timeline* timeline, int work) : timeline_(timeline), work_(work) {
    if (timeline_) begin_ = Timeline::Clock::now();
  }
  ~TimedScope() {
    if (timeline_) timeline_->record(work_, begin_, Timeline::Clock::now());
  }
  TimedScope(const TimedScope&) = delete;
  TimedScope& operator=(const TimedScope&) = delete;

 private:
  Timeline* timeline_;
  int work_;
  Timeline::Clock::time_point begin_;
};

}  // namespace credence
