#pragma once

#include <filesystem>
#include <functional>
#include <optional>

namespace credence {

/// Locks an open file (flock) until it is closed. False if another process has it locked for longer
/// than is_locked() takes; true too where the file system has no locks.
bool lock_file(int descriptor);

/// Whether a process, of this host or another one that shares the file, has it locked. None where
/// that cannot be told: there is no such file, or its file system has no locks.
std::optional<bool> is_locked(const std::filesystem::path& path);

struct LockWait {
  double limit_s = 120;
  double poll_s = 0.25;
  std::function<void()> on_wait = {};  ///< called once, if there is something to wait for
};

/// Waits until no other process has a file locked, as far as that can be told. Returns whether that
/// came within the limit.
bool wait_until_unlocked(const std::filesystem::path& path, const LockWait& wait);

}  // namespace credence
