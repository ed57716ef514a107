#pragma once

#include <csignal>
#include <optional>

#include "credence/base/descriptor.h"

namespace credence {

/// While one lives, SIGTERM, SIGINT, SIGHUP and SIGUSR1 do nothing to this thread but wait here to
/// be taken. Made before the program has other threads.
class BlockedSignals {
 public:
  /// IoError if the system is out of descriptors.
  BlockedSignals();
  ~BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  /// The next one that has come.
  std::optional<int> take();

 private:
  sigset_t before_{};
  Descriptor descriptor_;
};

}  // namespace credence
