#include "credence/scaling/step_times.h"

#include <cmath>

#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence::test {
namespace {

TraceSpan span(const char* phase, double begin_s, double end_s) {
  return {.name = phase, .phase = phase, .begin_s = begin_s, .end_s = end_s};
}

TEST(StepsOf, AreFromGatherToUpdate) {
  const std::vector<TraceSpan> trace{
      span("gather", 1, 2),  span("forward", 2, 4),  span("reduce", 5, 7),
      span("update", 7, 8),  span("gather", 9, 9),   span("backward", 9, 9),
      span("reduce", 9, 10), span("update", 10, 11), span("forward", 50, 60)};  // of a test
  const std::vector<RankStep> steps = steps_of(trace);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_DOUBLE_EQ(steps[0].step, 7);
  EXPECT_DOUBLE_EQ(steps[0].reduction, 2);
  EXPECT_DOUBLE_EQ(steps[1].step, 2);
  EXPECT_DOUBLE_EQ(steps[1].compute(), 1);
}

TEST(StepsOf, LeavesOutAStepThatIsCutOff) {
  const std::vector<TraceSpan> trace{span("gather", 0, 1), span("update", 1, 2),
                                     span("gather", 2, 3), span("forward", 3, 4)};
  EXPECT_EQ(steps_of(trace).size(), 1U);
  EXPECT_THROW(steps_of(std::span(trace).subspan(2)), DataError);
}

/// Both ranks begin a step together and end it together.
std::vector<std::vector<RankStep>> two_ranks() {
  // Computing takes 3 and 5, then 6 and 4 s; sums 1 s, behind the slower one.
  return {
      {{.step = 100, .reduction = 0}, {.step = 6, .reduction = 3}, {.step = 7, .reduction = 1}},
      {{.step = 100, .reduction = 0}, {.step = 6, .reduction = 1}, {.step = 7, .reduction = 3}}};
}

TEST(StepTiming, TellsWaitingForARankFromTheReduction) {
  const StepTiming timing = step_timing(two_ranks(), 1);
  EXPECT_EQ(timing.steps, 2);
  EXPECT_DOUBLE_EQ(timing.mean.compute, 4.5);
  EXPECT_DOUBLE_EQ(timing.mean.imbalance, 1);
  EXPECT_DOUBLE_EQ(timing.mean.reduction, 1);
  EXPECT_DOUBLE_EQ(timing.mean.step(), 6.5);
  EXPECT_DOUBLE_EQ(timing.jitter, std::sqrt(2.0) / 4.5);
  EXPECT_DOUBLE_EQ(timing.error.compute, 0.5);
  EXPECT_DOUBLE_EQ(timing.error.imbalance, 0);
}

TEST(StepTiming, LeavesOutTheFirstSteps) {
  EXPECT_GT(step_timing(two_ranks(), 0).mean.step(), 30);
  EXPECT_DOUBLE_EQ(step_timing(two_ranks(), 2).mean.step(), 7);
}

TEST(StepTiming, OfOneRankHasTheJitterOfItsSteps) {
  const std::vector<std::vector<RankStep>> one{{{.step = 2}, {.step = 4}}};
  const StepTiming timing = step_timing(one, 0);
  EXPECT_DOUBLE_EQ(timing.jitter, std::sqrt(2.0) / 3);
  EXPECT_DOUBLE_EQ(timing.mean.imbalance, 0);
  EXPECT_DOUBLE_EQ(timing.mean.reduction, 0);
}

TEST(StepTiming, TakesAsManyStepsOfEachRankAndMoreThanTheWarmUp) {
  auto ranks = two_ranks();
  EXPECT_THROW(step_timing(ranks, 3), DataError);
  ranks[1].pop_back();
  EXPECT_THROW(step_timing(ranks, 1), DataError);
}

}  // namespace
}  // namespace credence::test
