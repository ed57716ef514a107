#pragma once

#include "credence/serve/listener.h"

namespace credence {

/// Waits for SIGTERM and SIGINT instead of dying of them: the first one makes a descriptor readable
/// for good, and the next acts as ever. One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  int descriptor() const { return event_.get(); }

 private:
  Descriptor event_;
};

}  // namespace credence
