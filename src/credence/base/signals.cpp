#include "credence/base/signals.h"

#include <array>
#include <csignal>

namespace credence {
namespace {

// A handler can reach nothing else.
volatile std::sig_atomic_t save_request = 0, first_end_request = 0;

void handle(int signal) {
  if (signal == SIGUSR1) {
    save_request = 1;
    return;
  }
  if (first_end_request != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  first_end_request = signal;
}

constexpr std::array watched{SIGUSR1, SIGTERM, SIGINT};
std::array<struct sigaction, watched.size()> before;

}  // namespace

SignalWatch::SignalWatch() {
  save_request = 0;
  first_end_request = 0;
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;  // a read or write under way is not to fail
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < watched.size(); ++i) sigaction(watched[i], &action, &before[i]);
}

SignalWatch::~SignalWatch() {
  for (std::size_t i = 0; i < watched.size(); ++i) sigaction(watched[i], &before[i], nullptr);
}

bool SignalWatch::take_save_request() {
  const bool asked = save_request != 0;
  save_request = 0;
  return asked;
}

int SignalWatch::end_request() {
  return first_end_request;
}

}  // namespace credence
