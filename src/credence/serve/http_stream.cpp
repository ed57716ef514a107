#include "credence/serve/http_stream.h"

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>

namespace credence {
namespace {

int milliseconds_until(HttpStream::Clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - HttpStream::Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
}

}  // namespace

bool HttpStream::waits_for(short event) const {
  pollfd waiting{.fd = socket_, .events = event, .revents = 0};
  while (!is_late()) {
    const int ready = ::poll(&waiting, 1, milliseconds_until(deadline_));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

bool HttpStream::await_request(double seconds, int stop) {
  is_body_ = false;
  head_bytes_ = 0;
  head_ = {};
  const bool is_here = begin_ < end_;
  pollfd waiting[] = {{.fd = socket_, .events = POLLIN, .revents = 0},
                      {.fd = stop, .events = POLLIN, .revents = 0}};
  while (::poll(waiting, 2, is_here ? 0 : static_cast<int>(seconds * 1000)) < 0)
    if (errno != EINTR) return false;
  return (is_here || waiting[0].revents != 0) && waiting[1].revents == 0;
}

ssize_t HttpStream::read(char* to, std::size_t size) {
  const bool is_full = is_body_ ? body_bytes_ >= max_body_bytes_ : head_bytes_ >= max_head_bytes_;
  if (is_full || !head_error().empty()) return -1;
  if (begin_ == end_) {
    if (!waits_for(POLLIN)) return -1;
    const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  } else if (is_late()) {
    return -1;
  }
  const std::size_t count = std::min(size, end_ - begin_);
  std::copy_n(buffer_.data() + begin_, count, to);
  begin_ += count;
  if (!is_body_)
    for (std::size_t i = 0; i < count; ++i) head_.add(to[i]);
  (is_body_ ? body_bytes_ : head_bytes_) += static_cast<std::int64_t>(count);
  return static_cast<ssize_t>(count);
}

ssize_t HttpStream::write(const char* from, std::size_t size) {
  for (std::size_t sent = 0; sent < size;) {
    if (!waits_for(POLLOUT)) return -1;
    const ssize_t count = ::send(socket_, from + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return -1;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(size);
}

void HttpStream::end() {
  ::shutdown(socket_, SHUT_WR);
  set_deadline(Clock::now() + std::chrono::seconds(1));
  while (waits_for(POLLIN) && ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) > 0) {
  }
}

}  // namespace credence
