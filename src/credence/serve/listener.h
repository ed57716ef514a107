#pragma once

#include <string>

namespace credence {

/// An open file or socket, closed at its end.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  int release();

 private:
  int number_ = -1;
};

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
