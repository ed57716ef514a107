#include "credence/base/file_lock.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace credence {
namespace {

bool is_locked(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool is_locked = ::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(file);
  return is_locked;
}

}  // namespace

bool wait_until_unlocked(const std::filesystem::path& file, const LockWait& wait) {
  using Clock = std::chrono::steady_clock;
  const auto limit = Clock::now() + std::chrono::duration<double>(wait.limit_s);
  bool is_told = false;
  while (is_locked(file)) {
    if (Clock::now() >= limit) return false;
    if (!is_told && wait.on_wait) wait.on_wait();
    is_told = true;
    std::this_thread::sleep_for(std::chrono::duration<double>(wait.poll_s));
  }
  return true;
}

}  // namespace credence
