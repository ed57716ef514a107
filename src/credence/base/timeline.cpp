#include "credence/base/timeline.h"

#include <algorithm>

#include "credence/base/errors.h"

namespace credence {
namespace {

std::int64_t nanoseconds(Timeline::Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

}  // namespace

const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::gather:
      return "gather";
    case Phase::forward:
      return "forward";
    case Phase::loss:
      return "loss";
    case Phase::backward:
      return "backward";
    case Phase::reduce:
      return "reduce";
    case Phase::update:
      return "update";
  }
  throw InternalError("timeline: unknown phase");
}

int Timeline::add_work(Phase phase, const std::string& name) {
  const auto known = std::ranges::find_if(
      works_, [&](const Work& work) { return work.phase == phase && work.name == name; });
  const auto number = known - works_.begin();
  if (known == works_.end()) works_.push_back({.phase = phase, .name = name});
  return static_cast<int>(number);
}

void Timeline::record(int work, Clock::time_point begin, Clock::time_point end) {
  Work& sums = works_[static_cast<std::size_t>(work)];
  ++sums.calls;
  sums.seconds += std::chrono::duration<double>(end - begin).count();
  if (spans_.size() < kept_spans_)
    spans_.push_back({work, nanoseconds(begin - origin_), nanoseconds(end - origin_)});
  else
    is_cut_ = kept_spans_ > 0;
}

void Timeline::clear() {
  for (Work& work : works_) {
    work.calls = 0;
    work.seconds = 0;
  }
  spans_.clear();
  is_cut_ = false;
}

}  // namespace credence
