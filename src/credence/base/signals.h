#pragma once

namespace credence {

/// Lets a run answer signals when it is able to, instead of ending on the spot: SIGUSR1 asks it to
/// save its state, SIGTERM and SIGINT to save and end. The second SIGINT or SIGTERM ends it at
/// once. While none lives, signals do what they did before. There is one at a time.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// Whether a SIGUSR1 has come since the last call.
  static bool take_save_request();
  /// The signal that asked for the end; 0: none has.
  static int end_request();
};

}  // namespace credence
