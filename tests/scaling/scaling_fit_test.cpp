#include "credence/scaling/scaling_fit.h"

#include <cmath>

#include "scaling/synthetic_runs.h"
#include <gtest/gtest.h>

namespace credence::test {
namespace {

Bounded constant(const ScalingFit& fit, double StepModel::*member) {
  std::vector<double> values;
  for (const StepModel& model : fit.models("net")) values.push_back(model.*member);
  return bounds_of(values);
}

Bounded predicted_step(const ScalingFit& fit, const StepSize& size) {
  std::vector<double> steps;
  for (const StepTimes& times : fit.predict("net", size)) steps.push_back(times.step());
  return bounds_of(steps);
}

StepSize size_of(const SyntheticStudy& study, std::int64_t ranks) {
  return {.ranks = ranks,
          .global_batch = global_batch(study.mode, study.batch, ranks),
          .bytes = 4.0 * static_cast<double>(study.parameters)};
}

constexpr double StepModel::*constants[] = {&StepModel::fixed_s, &StepModel::example_s,
                                            &StepModel::latency_s, &StepModel::byte_s,
                                            &StepModel::jitter};

TEST(ScalingFit, RecoversAModelFromExactTimings) {
  const SyntheticStudy study{.noise = 0};
  RandomDraws random(1);
  const ScalingFit fit(synthetic_runs(study, random));
  for (const auto member : constants)
    EXPECT_NEAR(constant(fit, member).value / (study.model.*member), 1, 0.05);
  const double step = study.model.times(size_of(study, 64)).step();
  EXPECT_NEAR(predicted_step(fit, size_of(study, 64)).value / step, 1, 0.02);
}

double z_of(int inside, int n) {
  return (inside - 0.9 * n) / std::sqrt(0.9 * 0.1 * n);
}

bool holds(const Bounded& bounds, double value) {
  return bounds.low <= value && value <= bounds.high;
}

TEST(ScalingFit, CoversConstantsAndARunOnMoreRanksAsOftenAsItSays) {
  constexpr int n = 400;
  const SyntheticStudy study;
  int covered[std::size(constants)] = {}, covered_runs = 0;
  RandomDraws random(11, "synthetic");
  for (int i = 0; i < n; ++i) {
    const ScalingFit fit(synthetic_runs(study, random), static_cast<std::uint64_t>(i));
    for (std::size_t c = 0; c < std::size(constants); ++c)
      covered[c] += holds(constant(fit, constants[c]), study.model.*constants[c]) ? 1 : 0;
    const double other = synthetic_run(study, 64, 1, random).timing.mean.step();
    covered_runs += holds(predicted_step(fit, size_of(study, 64)), other) ? 1 : 0;
  }
  for (const int inside : covered) EXPECT_LT(std::abs(z_of(inside, n)), 4) << inside;
  EXPECT_LT(std::abs(z_of(covered_runs, n)), 4) << covered_runs;
}

TEST(ScalingFit, OfOneAndTwoRanksPredictsFour) {
  // Two networks of different size tell latency from bandwidth.
  constexpr int n = 400;
  const SyntheticStudy small{.ranks = {1, 2}};
  SyntheticStudy large{.recipe = "large", .parameters = 4'000'000, .ranks = {1, 2}};
  int covered = 0;
  RandomDraws random(13, "synthetic");
  for (int i = 0; i < n; ++i) {
    ScalingRuns runs = synthetic_runs(small, random);
    for (const ScalingRun& run : synthetic_runs(large, random)) runs.push_back(run);
    const ScalingFit fit(runs, static_cast<std::uint64_t>(i));
    const double measured = synthetic_run(small, 4, 1, random).timing.mean.step();
    covered += holds(predicted_step(fit, size_of(small, 4)), measured) ? 1 : 0;
  }
  EXPECT_LT(std::abs(z_of(covered, n)), 4) << covered;
}

TEST(ScalingFit, OfOneNetworkOnTwoRanksLeavesOpenWhatItsReductionIs) {
  SyntheticStudy study{.ranks = {1, 2}, .noise = 1e-3};
  study.model.byte_s = 2e-9;  // 4.04 ms on two ranks
  RandomDraws random(1);
  const ScalingFit fit(synthetic_runs(study, random));
  std::vector<double> reduction;
  for (const StepTimes& times : fit.predict("net", size_of(study, 1024)))
    reduction.push_back(times.reduction);
  const double all = study.model.times(size_of(study, 2)).reduction;
  const Bounded bounds = bounds_of(reduction);
  EXPECT_LT(bounds.low, 3 * all);   // bytes alone: twice as much
  EXPECT_GT(bounds.high, 9 * all);  // latency alone: ten times
}

TEST(ScalingFit, LeavesOutRunsThatSharedCpus) {
  const SyntheticStudy study;
  RandomDraws random(1);
  ScalingRuns runs = synthetic_runs(study, random);
  const Bounded before = predicted_step(ScalingFit(runs), size_of(study, 64));
  ScalingRun slow = runs.back();
  slow.ranks = 16;
  slow.timing.mean = {.compute = 1, .imbalance = 1, .reduction = 1};
  slow.is_oversubscribed = true;
  runs.push_back(slow);
  EXPECT_DOUBLE_EQ(predicted_step(ScalingFit(runs), size_of(study, 64)).value, before.value);
}

TEST(ScalingFit, PredictsNothingWithoutARunOnSeveralRanks) {
  RandomDraws random(1);
  const ScalingFit fit(synthetic_runs({.ranks = {1}}, random));
  EXPECT_FALSE(fit.knows_network());
  EXPECT_FALSE(fit.can_predict("net"));
  EXPECT_FALSE(ScalingFit(ScalingRuns{}).can_predict("net"));
  EXPECT_TRUE(ScalingFit(synthetic_runs({.ranks = {2}}, random)).can_predict("net"));
  EXPECT_NEAR(constant(fit, &StepModel::jitter).value, 0.02, 0.002);  // from step to step
}

}  // namespace
}  // namespace credence::test
