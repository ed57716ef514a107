#include "credence/comm/wait_deadline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace credence {
namespace {

using ::testing::HasSubstr;

WaitDeadline::Clock::time_point at(int second) {
  return WaitDeadline::Clock::time_point(std::chrono::hours(1)) + std::chrono::seconds(second);
}

TEST(WaitDeadline, TellsOfOneWaitThatLasts) {
  Activity activity;
  activity.set_step(7);
  WaitDeadline deadline(5);
  const Activity::Wait wait(activity, "MPI_Barrier");
  for (int second = 0; second < 5; ++second) EXPECT_FALSE(deadline.look(activity, at(second)));
  EXPECT_THAT(deadline.look(activity, at(5)).value_or(""),
              HasSubstr("waited for other ranks for 5 s, in MPI_Barrier at step 7"));
}

TEST(WaitDeadline, PassesOverManyShortOnes) {
  Activity activity;
  WaitDeadline deadline(5);
  for (int second = 0; second < 20; ++second) {
    const Activity::Wait wait(activity, "MPI_Barrier");
    EXPECT_FALSE(deadline.look(activity, at(second)));
  }
}

TEST(WaitDeadline, DoesNotCountAPauseOfTheProcess) {
  Activity activity;
  WaitDeadline deadline(5);
  const Activity::Wait wait(activity, "MPI_Barrier");
  EXPECT_FALSE(deadline.look(activity, at(0)));
  EXPECT_FALSE(deadline.look(activity, at(100)));
  EXPECT_FALSE(deadline.look(activity, at(101)));
}

}  // namespace
}  // namespace credence
