#include "credence/base/descriptor.h"

#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace credence {
namespace {

Descriptor open_one() {
  return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_open(int number) {
  return ::fcntl(number, F_GETFD) >= 0;
}

TEST(Descriptor, IsClosedAtItsEnd) {
  int number = -1;
  {
    const Descriptor opened = open_one();
    number = opened.get();
    ASSERT_TRUE(opened.is_open());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Descriptor, HasOneOwner) {
  Descriptor first = open_one();
  const int number = first.get();
  const Descriptor second(std::move(first));
  EXPECT_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): that is what is promised
  EXPECT_EQ(second.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(Descriptor, ClosesWhatItHadWhenItIsGivenAnother) {
  Descriptor one = open_one(), other = open_one();
  const int closed = one.get(), kept = other.get();
  one = std::move(other);
  EXPECT_FALSE(is_open(closed));
  EXPECT_EQ(one.get(), kept);
  Descriptor& itself = one;
  one = std::move(itself);
  EXPECT_TRUE(is_open(kept));
  one = {};
  EXPECT_FALSE(is_open(kept));
}

TEST(Descriptor, ThatIsReleasedStaysOpen) {
  int number = -1;
  {
    Descriptor opened = open_one();
    number = opened.release();
    EXPECT_FALSE(opened.is_open());
  }
  EXPECT_TRUE(is_open(number));
  Descriptor again(number);
  EXPECT_TRUE(again.close());
  EXPECT_FALSE(is_open(number));
  EXPECT_TRUE(again.close());  // nothing is left to close
}

TEST(Descriptor, TellsThatTheSystemCouldNotClose) {
  Descriptor opened = open_one();
  ::close(opened.get());
  EXPECT_FALSE(opened.close());
}

}  // namespace
}  // namespace credence
