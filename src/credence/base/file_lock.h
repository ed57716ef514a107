#pragma once

#include <filesystem>
#include <functional>

namespace credence {

struct LockWait {
  double limit_s = 120;
  double poll_s = 0.25;
  std::function<void()> on_wait = {};  ///< called once, if there is something to wait for
};

/// Waits until no other process has a file locked (flock), as far as the file system can tell.
/// Returns whether that came within the limit. A file that is not there, or cannot be opened, is
/// not locked.
bool wait_until_unlocked(const std::filesystem::path& file, const LockWait& wait);

}  // namespace credence
