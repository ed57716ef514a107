#include "credence/base/signals.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>

#include <sys/eventfd.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

// A handler, which any thread may run, can reach nothing else.
std::atomic<bool> save_request{false};
std::atomic<int> end_request{0};
std::atomic<int> end_event{-1};
std::atomic<std::time_t> end_request_second{0};
std::atomic<int> end_same_within_s{0};
static_assert(std::atomic<std::time_t>::is_always_lock_free);

std::time_t now_s() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

void note_save(int /*signal*/) {
  save_request = true;
}

void tell_of_end() {
  const int error = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(end_event, &one, sizeof one);
  errno = error;
}

void note_end(int signal) {
  // Before the signal is known: a second one may come at the same time, to another thread.
  std::time_t no_second = 0;
  end_request_second.compare_exchange_strong(no_second, now_s());
  int none = 0;
  if (end_request.compare_exchange_strong(none, signal)) {
    tell_of_end();
  } else if (now_s() - end_request_second >= end_same_within_s) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

constexpr std::array end_signals{SIGTERM, SIGINT};
struct sigaction before_save;
std::array<struct sigaction, end_signals.size()> before_end;

struct sigaction action_of(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // a read or write under way is not to fail
  sigemptyset(&action.sa_mask);
  return action;
}

}  // namespace

SaveRequests::SaveRequests() {
  save_request = false;
  const struct sigaction action = action_of(note_save);
  sigaction(SIGUSR1, &action, &before_save);
}

SaveRequests::~SaveRequests() {
  sigaction(SIGUSR1, &before_save, nullptr);
}

bool SaveRequests::take() {
  return save_request.exchange(false);
}

EndRequests::EndRequests(int same_within_s) : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  require<IoError>(event_.is_open(), "cannot make an event descriptor: ", std::strerror(errno));
  end_request = 0;
  end_request_second = 0;
  end_same_within_s = same_within_s;
  end_event = event_.get();
  const struct sigaction action = action_of(note_end);
  for (std::size_t i = 0; i < end_signals.size(); ++i)
    sigaction(end_signals[i], &action, &before_end[i]);
}

EndRequests::~EndRequests() {
  for (std::size_t i = 0; i < end_signals.size(); ++i)
    sigaction(end_signals[i], &before_end[i], nullptr);
  end_event = -1;
}

int EndRequests::signal() {
  return end_request;
}

}  // namespace credence
