#include "credence/base/timeline.h"

#include <gtest/gtest.h>

namespace credence {
namespace {

using std::chrono::milliseconds;

TEST(Timeline, SumsByKindOfWorkAndKeepsTheFirstSpans) {
  Timeline timeline(2);
  const int forward = timeline.add_work(Phase::forward, "conv1");
  const int update = timeline.add_work(Phase::update);
  const auto begin = Timeline::Clock::now();
  timeline.record(forward, begin, begin + milliseconds(3));
  timeline.record(update, begin + milliseconds(3), begin + milliseconds(4));
  EXPECT_FALSE(timeline.is_cut());
  timeline.record(forward, begin + milliseconds(4), begin + milliseconds(6));
  EXPECT_TRUE(timeline.is_cut());
  EXPECT_EQ(timeline.works()[0].name, "conv1");
  EXPECT_EQ(timeline.works()[0].calls, 2);
  EXPECT_NEAR(timeline.works()[0].seconds, 5e-3, 1e-9);
  EXPECT_EQ(timeline.works()[1].calls, 1);
  ASSERT_EQ(timeline.spans().size(), 2u);
  EXPECT_EQ(timeline.spans()[1].work, update);
  EXPECT_EQ(timeline.spans()[1].end_ns - timeline.spans()[1].begin_ns, 1'000'000);
  timeline.clear();
  EXPECT_EQ(timeline.works()[0].calls, 0);
  EXPECT_TRUE(timeline.spans().empty());
}

TEST(Timeline, CountsSpansFromItsOrigin) {
  Timeline timeline(1);
  const int work = timeline.add_work(Phase::forward);
  const auto begin = timeline.origin() + milliseconds(7);
  timeline.set_origin(timeline.origin() + milliseconds(5));
  timeline.record(work, begin, begin + milliseconds(1));
  EXPECT_EQ(timeline.spans()[0].begin_ns, 2'000'000);
  EXPECT_EQ(timeline.spans()[0].end_ns, 3'000'000);
}

TEST(Timeline, AScopeWithoutOneDoesNothing) {
  const TimedScope nothing(nullptr, 7);
  Timeline timeline;
  const int work = timeline.add_work(Phase::loss);
  { const TimedScope timed(&timeline, work); }
  EXPECT_EQ(timeline.works()[0].calls, 1);
  EXPECT_GE(timeline.works()[0].seconds, 0);
}

}  // namespace
}  // namespace credence
