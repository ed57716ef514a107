#include "credence/optim/schedule.h"

#include <cmath>

#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/optim/rank_scaling.h"

namespace credence {
namespace {

SchedulePosition at(std::int64_t step) {
  return {.step = step, .total_steps = 1000, .steps_per_epoch = 10};
}

TEST(Schedule, ConstantIsOne) {
  EXPECT_EQ(ConstantSchedule().factor(at(0)), 1);
  EXPECT_EQ(ConstantSchedule().factor(at(999)), 1);
}

TEST(Schedule, CosineFallsFromOneToItsFinalFraction) {
  const CosineSchedule cosine;
  EXPECT_EQ(cosine.factor(at(0)), 1);
  EXPECT_NEAR(cosine.factor(at(250)), (1 + std::sqrt(0.5)) / 2, 1e-15);
  EXPECT_NEAR(cosine.factor(at(500)), 0.5, 1e-15);
  EXPECT_GT(cosine.factor(at(999)), 0);
  EXPECT_EQ(cosine.factor(at(1000)), 0);
  EXPECT_EQ(cosine.factor(at(2000)), 0);
  const CosineSchedule floor({.final_fraction = 0.2});
  EXPECT_EQ(floor.factor(at(0)), 1);
  EXPECT_NEAR(floor.factor(at(500)), 0.6, 1e-15);
  EXPECT_NEAR(floor.factor(at(1000)), 0.2, 1e-15);
}

TEST(Schedule, StepDecayActsAtTheEndOfEpochs) {
  const StepDecaySchedule decay({.every_epochs = 2, .decay = 0.5});
  EXPECT_EQ(decay.factor(at(0)), 1);
  EXPECT_EQ(decay.factor(at(19)), 1);
  EXPECT_EQ(decay.factor(at(20)), 0.5);
  EXPECT_EQ(decay.factor(at(39)), 0.5);
  EXPECT_EQ(decay.factor(at(40)), 0.25);
}

TEST(Schedule, WarmupRisesToTheFullRate) {
  const Warmup warmup({.steps = 4}, std::make_unique<ConstantSchedule>());
  EXPECT_EQ(warmup.factor(at(0)), 0.25);
  EXPECT_EQ(warmup.factor(at(2)), 0.75);
  EXPECT_EQ(warmup.factor(at(3)), 1);
  EXPECT_EQ(warmup.factor(at(500)), 1);
  const Warmup epochs({.epochs = 2.5}, std::make_unique<ConstantSchedule>());
  EXPECT_EQ(epochs.factor(at(0)), 1.0 / 25);
  EXPECT_EQ(epochs.factor(at(24)), 1);
  const Warmup none({}, std::make_unique<ConstantSchedule>());
  EXPECT_EQ(none.factor(at(0)), 1);
}

TEST(Schedule, WarmupDelaysTheCosineAndNotTheSteps) {
  const Warmup cosine({.steps = 200}, std::make_unique<CosineSchedule>());
  EXPECT_EQ(cosine.factor(at(99)), 0.5);
  EXPECT_EQ(cosine.factor(at(200)), 1);
  EXPECT_NEAR(cosine.factor(at(600)), 0.5, 1e-15);
  EXPECT_EQ(cosine.factor(at(1000)), 0);
  const Warmup steps({.epochs = 1}, std::make_unique<StepDecaySchedule>(
                                        StepDecayOptions{.every_epochs = 2, .decay = 0.5}));
  EXPECT_EQ(steps.factor(at(4)), 0.5);
  EXPECT_EQ(steps.factor(at(19)), 1);
  EXPECT_EQ(steps.factor(at(20)), 0.5);
}

TEST(Schedule, LongerWarmupThanRunOnlyWarmsUp) {
  const Warmup warmup({.steps = 2000}, std::make_unique<CosineSchedule>());
  EXPECT_EQ(warmup.factor(at(999)), 0.5);
}

TEST(Schedule, RefusesOptionsOutOfRange) {
  EXPECT_THROW(CosineSchedule({.final_fraction = 1.5}), ConfigError);
  EXPECT_THROW(CosineSchedule({.final_fraction = std::nan("")}), ConfigError);
  EXPECT_THROW(StepDecaySchedule({.every_epochs = 0}), ConfigError);
  EXPECT_THROW(StepDecaySchedule({.decay = 0}), ConfigError);
  const auto warmup = [](WarmupOptions options) {
    Warmup(options, std::make_unique<ConstantSchedule>());
  };
  EXPECT_THROW(warmup({.steps = -1}), ConfigError);
  EXPECT_THROW(warmup({.epochs = -1}), ConfigError);
  EXPECT_THROW(warmup({.steps = 1, .epochs = 1}), ConfigError);
}

TEST(LinearRamp, RisesFromZeroToOne) {
  EXPECT_EQ(linear_ramp(0, 4), 0);
  EXPECT_EQ(linear_ramp(1, 4), 0.25);
  EXPECT_EQ(linear_ramp(4, 4), 1);
  EXPECT_EQ(linear_ramp(9, 4), 1);
  EXPECT_EQ(linear_ramp(0, 0), 1);
}

TEST(RankScaling, FollowsItsRule) {
  EXPECT_EQ(learning_rate_scale(RankScaling::none, 16), 1);
  EXPECT_EQ(learning_rate_scale(RankScaling::linear, 16), 16);
  EXPECT_EQ(learning_rate_scale(RankScaling::sqrt, 16), 4);
  for (const auto& [rule, name] : enum_names(RankScaling{}))
    EXPECT_EQ(learning_rate_scale(rule, 1), 1) << name;
}

}  // namespace
}  // namespace credence
