#pragma once

#include <array>
#include <chrono>

#include <httplib.h>
#include <poll.h>

#include "credence/serve/http_head_syntax.h"

namespace credence {

/// The bytes of one connection, none of which may come or go later than a request's deadline.
///
/// cpp-httplib's own stream has a timeout for each read, which a byte now and then keeps off for
/// ever, and no limit to a head.
///
/// Without `override`: which of these are virtual differs between versions of cpp-httplib.
// NOLINTBEGIN(modernize-use-override)
class HttpStream final : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;

  /// Begins at most so many bytes: those of the head, before expect_body().
  HttpStream(int socket, std::int64_t max_head_bytes)
      : socket_(socket), max_head_bytes_(max_head_bytes) {}

  /// Waits until the next request begins. False if none does within so long, or the other side
  /// goes, or `stop` can be read from: then not even one that is here already.
  bool await_request(double seconds, int stop);
  /// Everything from now on until then.
  void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }
  bool is_late() const { return Clock::now() >= deadline_; }
  /// What is wrong with the head; nothing more of it is read then.
  const std::string& head_error() const { return head_.error(); }
  /// The head is read; what follows has at most so many bytes.
  void expect_body(std::int64_t most) { is_body_ = true, body_bytes_ = 0, max_body_bytes_ = most; }
  std::int64_t body_bytes() const { return body_bytes_; }  ///< read of it
  /// Says that nothing more will come, and waits a little for the other side to read what was said:
  /// closing at once would take it back where bytes of it are unread.
  void end();

  bool is_readable() const { return begin_ < end_ || waits_for(POLLIN); }
  bool is_writable() const { return waits_for(POLLOUT); }
  bool wait_readable() const { return is_readable(); }
  bool wait_writable() const { return is_writable(); }
  ssize_t read(char* to, std::size_t size);
  ssize_t write(const char* from, std::size_t size);
  void get_remote_ip_and_port(std::string& ip, int& port) const { no_address(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const { no_address(ip, port); }
  socket_t socket() const { return 0; }  // small, and not looked at
  time_t duration() const { return 0; }

 private:
  static void no_address(std::string& ip, int& port) { ip.clear(), port = -1; }
  bool waits_for(short event) const;

  int socket_;
  std::int64_t max_head_bytes_;
  std::int64_t max_body_bytes_ = 0;
  std::int64_t head_bytes_ = 0, body_bytes_ = 0;
  bool is_body_ = false;
  HttpHeadSyntax head_;
  Clock::time_point deadline_{};
  std::array<char, 16384> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};
// NOLINTEND(modernize-use-override)

}  // namespace credence
