#pragma once

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

/// While one lives, the first SIGTERM or SIGINT asks the program to save its state and end. Another
/// one ends it at once, unless it comes within a second: a terminal and a launcher may both send
/// the first. One at a time.
class EndRequests {
 public:
  EndRequests();
  ~EndRequests();
  EndRequests(const EndRequests&) = delete;
  EndRequests& operator=(const EndRequests&) = delete;

  /// The signal that asked for the end; 0: none has.
  static int signal();
};

}  // namespace credence
