#include "credence/serve/stop_signal.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include <sys/eventfd.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

constexpr std::array signals{SIGTERM, SIGINT};

/// All that a signal handler can know.
std::atomic<int> event_of_handler{-1};

void tell(int /*signal*/) {
  const int error = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_of_handler, &one, sizeof one);
  errno = error;
}

}  // namespace

StopSignal::StopSignal() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  require<IoError>(event_.is_open(), "cannot make an event descriptor: ", std::strerror(errno));
  event_of_handler = event_.get();
  struct sigaction action {};
  action.sa_handler = tell;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  for (const int number : signals) ::sigaction(number, &action, nullptr);
}

StopSignal::~StopSignal() {
  for (const int number : signals) std::signal(number, SIG_DFL);
  event_of_handler = -1;
}

}  // namespace credence
