#pragma once

#include <string>

#include "credence/base/descriptor.h"

namespace credence {

/// A TCP port that connections come to.
///
/// cpp-httplib's own stops for good when the system is short of memory, lets 5 connections wait to
/// be accepted, and does not tell its address, which decides whether a token is needed.
///
/// Errors  UsageError for a host that there is not; CreateError if the port is in use or may not be
///         had.
class Listener {
 public:
  /// Has the port, which no other may have then, and takes no connection yet. 0 is any free port.
  Listener(const std::string& host, int port);

  int port() const { return port_; }
  /// "127.0.0.1:8080", "[::1]:8080".
  std::string address() const;
  /// Whether only this machine can reach it.
  bool is_loopback() const { return is_loopback_; }

  void listen();
  /// The next connection; none once `stop` can be read from.
  Descriptor accept(int stop);
  /// Refuses who comes from now on, and those who wait to be accepted.
  void close() { socket_ = {}; }

 private:
  Descriptor socket_;
  std::string host_;  // as numbers
  int port_ = 0;
  bool is_loopback_ = false;
};

}  // namespace credence
