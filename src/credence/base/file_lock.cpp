#include "credence/base/file_lock.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>

#include "credence/base/descriptor.h"

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;

void sleep_s(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

}  // namespace

bool lock_file(int file) {
  constexpr int tries = 10;
  constexpr double pause_s = 0.01;
  for (int i = 0; ::flock(file, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK) return true;
    if (i == tries) return false;
    sleep_s(pause_s);
  }
  return true;
}

std::optional<bool> is_locked(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return std::nullopt;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return false;
  return errno == EWOULDBLOCK ? std::optional(true) : std::nullopt;
}

bool wait_until_unlocked(const std::filesystem::path& path, const LockWait& wait) {
  const auto limit = Clock::now() + std::chrono::duration<double>(wait.limit_s);
  bool is_told = false;
  while (is_locked(path).value_or(false)) {
    if (Clock::now() >= limit) return false;
    if (!is_told && wait.on_wait) wait.on_wait();
    is_told = true;
    sleep_s(wait.poll_s);
  }
  return true;
}

}  // namespace credence
