#include "credence/base/signals.h"

#include <csignal>

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(SignalWatch, TakesASaveRequestOnce) {
  const SignalWatch watch;
  EXPECT_FALSE(SignalWatch::take_save_request());
  std::raise(SIGUSR1);
  EXPECT_TRUE(SignalWatch::take_save_request());
  EXPECT_FALSE(SignalWatch::take_save_request());
  EXPECT_EQ(SignalWatch::end_request(), 0);
}

TEST(SignalWatch, RemembersTheSignalThatAskedForTheEnd) {
  const SignalWatch watch;
  std::raise(SIGTERM);
  EXPECT_EQ(SignalWatch::end_request(), SIGTERM);
  EXPECT_EQ(SignalWatch::end_request(), SIGTERM);
}

TEST(SignalWatch, EndsAtOnceOnTheSecond) {
  EXPECT_EXIT(
      {
        const SignalWatch watch;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST(SignalWatch, LeavesSignalsAsTheyWere) {
  EXPECT_EXIT(
      {
        { const SignalWatch watch; }
        std::raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace credence
