#include "clock.h"

#include <algorithm>
#include <cmath>

#include <time.h>

namespace credence::simulated {

// smpicxx makes these two functions of C SimGrid's own; what the C++ library calls stays real.
double seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void sleep_for(double seconds) {
  if (seconds <= 0) return;
  timespec duration{};
  duration.tv_sec = static_cast<time_t>(seconds);
  duration.tv_nsec = std::lround((seconds - std::floor(seconds)) * 1e9);
  duration.tv_nsec = std::min(duration.tv_nsec, 999'999'999L);
  nanosleep(&duration, nullptr);
}

}  // namespace credence::simulated
