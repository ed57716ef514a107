#include "credence/base/file_lock.h"

#include "support/temporary_folder.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

namespace credence {
namespace {

using credence::testing::TemporaryFolder;

/// Another opening of a file: flock() keeps two of one process apart as it does two processes.
class Locked {
 public:
  explicit Locked(const std::filesystem::path& path) : file_(::open(path.c_str(), O_WRONLY)) {
    EXPECT_EQ(::flock(file_, LOCK_EX), 0);
  }
  ~Locked() { ::close(file_); }
  void release() { ::flock(file_, LOCK_UN); }

 private:
  int file_;
};

class FileLock : public ::testing::Test {
 protected:
  LockWait wait(double limit_s) {
    return {.limit_s = limit_s, .poll_s = 0.001, .on_wait = [this] { ++told_; }};
  }

  TemporaryFolder folder_;
  int told_ = 0;
};

TEST_F(FileLock, IsNotWaitedForWhereThereIsNone) {
  folder_.write("metrics.jsonl", "");
  EXPECT_TRUE(wait_until_unlocked(folder_ / "metrics.jsonl", wait(60)));
  EXPECT_TRUE(wait_until_unlocked(folder_ / "missing", wait(60)));
  EXPECT_EQ(told_, 0);
}

TEST_F(FileLock, IsWaitedForUntilTheLimitAndToldOfOnce) {
  folder_.write("metrics.jsonl", "");
  const Locked other(folder_ / "metrics.jsonl");
  EXPECT_FALSE(wait_until_unlocked(folder_ / "metrics.jsonl", wait(0.02)));
  EXPECT_EQ(told_, 1);
}

TEST_F(FileLock, IsWaitedForUntilItIsReleased) {
  folder_.write("metrics.jsonl", "");
  Locked other(folder_ / "metrics.jsonl");
  const LockWait releasing{.limit_s = 60, .poll_s = 0.001, .on_wait = [&] { other.release(); }};
  EXPECT_TRUE(wait_until_unlocked(folder_ / "metrics.jsonl", releasing));
  EXPECT_TRUE(wait_until_unlocked(folder_ / "metrics.jsonl", wait(0)));
  EXPECT_EQ(told_, 0);
}

}  // namespace
}  // namespace credence
