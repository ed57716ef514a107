#include "credence/base/clock.h"

#include <chrono>

namespace credence {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace credence
