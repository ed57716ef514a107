#pragma once

#include "credence/base/descriptor.h"

namespace credence {

/// While one lives, SIGUSR1 asks the program to save its state, instead of ending it. One at a
/// time.
class SaveRequests {
 public:
  SaveRequests();
  ~SaveRequests();
  SaveRequests(const SaveRequests&) = delete;
  SaveRequests& operator=(const SaveRequests&) = delete;

  /// Whether one has come since the last call.
  static bool take();
};

/// While one lives, the first SIGTERM or SIGINT asks the program to end in good order. Another one
/// ends it at once, unless it comes while it may still be the first: a terminal and a launcher may
/// both send that. One at a time.
class EndRequests {
 public:
  /// A signal within so many seconds of the first, by a clock of whole ones, is taken for it. 0:
  /// none is. IoError if the system is out of descriptors.
  explicit EndRequests(int same_within_s = 2);
  ~EndRequests();
  EndRequests(const EndRequests&) = delete;
  EndRequests& operator=(const EndRequests&) = delete;

  /// The signal that asked for the end, of the last one that lived; 0: none has.
  static int signal();

  /// Can be read from, for good, once there is one: for those who wait for other things as well.
  int descriptor() const { return event_.get(); }

 private:
  Descriptor event_;
};

}  // namespace credence
