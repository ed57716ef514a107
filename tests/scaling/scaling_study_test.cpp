#include "credence/scaling/scaling_study.h"

#include <cmath>

#include "scaling/synthetic_runs.h"
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "credence/scaling/study_files.h"
#include "credence/scaling/study_table.h"

namespace credence::test {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ::testing::SizeIs;

const ScalingPlan plan{.recipes = {{.name = "net", .batch = 256}},
                       .modes = {ScalingMode::strong},
                       .ranks = {1, 2, 4, 8},
                       .predicted = {64, 1024}};

ScalingStudy small_study() {
  RandomDraws random(1);
  return make_study(plan, synthetic_runs({}, random));
}

TEST(PlannedRuns, TakeTurnsAndShareTheRunsOnOneRank) {
  ScalingPlan both = plan;
  both.modes = {ScalingMode::strong, ScalingMode::weak};
  both.ranks = {1, 2};
  both.repetitions = 2;
  std::vector<std::string> names;
  for (const PlannedRun& run : planned_runs(both)) names.push_back(run.name());
  EXPECT_THAT(names, ElementsAre("net-r1-b256-1", "net-r2-b256-1", "net-r2-b512-1", "net-r1-b256-2",
                                 "net-r2-b256-2", "net-r2-b512-2"));
}

TEST(ScalingStudy, HasTheMedianOfTheRepetitions) {
  ScalingRuns runs;
  for (const double step_s : {4.0, 1.0, 2.0})
    runs.push_back({.recipe = "net",
                    .global_batch = 256,
                    .parameters = 10,
                    .timing = {.mean = {.compute = step_s}}});
  const ScalingStudy study = make_study(plan, runs);
  ASSERT_THAT(study.measured, SizeIs(1));
  const ScalingSpeed& speed = study.measured[0].speed;
  EXPECT_EQ(speed.step_s.low, 1);
  EXPECT_EQ(speed.step_s.value, 2);
  EXPECT_EQ(speed.step_s.high, 4);
  EXPECT_EQ(speed.samples_per_sec.value, 128);
  EXPECT_EQ(speed.samples_per_sec.low, 64);
  EXPECT_EQ(speed.speed_up.value, 1);
  EXPECT_THAT(study.notes, Contains(HasSubstr("differ by more than a quarter")));
}

ScalingRun exact_run(std::int64_t ranks, std::int64_t batch, double step_s) {
  return {.recipe = "net",
          .ranks = ranks,
          .global_batch = batch,
          .parameters = 10,
          .timing = {.mean = {.compute = step_s}}};
}

TEST(ScalingStudy, ComparesWithOneRank) {
  ScalingPlan both = plan;
  both.modes = {ScalingMode::strong, ScalingMode::weak};
  const ScalingStudy study =
      make_study(both, {exact_run(1, 256, 8), exact_run(4, 256, 2.5), exact_run(4, 1024, 10)});
  const auto strong = points_of(study.measured, "net", ScalingMode::strong);
  ASSERT_THAT(strong, SizeIs(2));
  EXPECT_DOUBLE_EQ(strong[1].speed.speed_up.value, 3.2);
  EXPECT_DOUBLE_EQ(strong[1].speed.efficiency.value, 0.8);
  const auto weak = points_of(study.measured, "net", ScalingMode::weak);
  ASSERT_THAT(weak, SizeIs(2));
  EXPECT_DOUBLE_EQ(weak[1].speed.speed_up.value, 3.2);
}

TEST(ScalingStudy, WithoutOneRankComparesWithTheFewest) {
  const ScalingStudy study = make_study(plan, {exact_run(2, 256, 4), exact_run(8, 256, 2)});
  EXPECT_DOUBLE_EQ(study.measured[0].speed.speed_up.value, 2);
  EXPECT_DOUBLE_EQ(study.measured[1].speed.speed_up.value, 4);
  EXPECT_DOUBLE_EQ(study.measured[1].speed.efficiency.value, 0.5);
}

TEST(ScalingStudy, PredictsTheLargestCountFromTheOthers) {
  const ScalingStudy study = small_study();
  ASSERT_THAT(study.held_out, SizeIs(1));
  const HeldOut& held = study.held_out[0];
  EXPECT_EQ(held.measured.ranks, 8);
  EXPECT_EQ(held.fitted_ranks, 4);
  const double step = SyntheticStudy().model.times({8, 256, 4 * 500'000.0}).step();
  EXPECT_NEAR(held.predicted.speed.step_s.value / step, 1, 0.2);
  EXPECT_LE(held.predicted.speed.step_s.low, held.measured.speed.step_s.high);
  EXPECT_GE(held.predicted.speed.step_s.high, held.measured.speed.step_s.low);
}

TEST(ScalingStudy, HoldsOutNothingOfOneAndTwoRanks) {
  RandomDraws random(1);
  EXPECT_THAT(make_study(plan, synthetic_runs({.ranks = {1, 2}}, random)).held_out, IsEmpty());
}

TEST(ScalingStudy, DoesNotPredictRanksWithoutExamples) {
  const ScalingStudy study = small_study();
  ASSERT_THAT(study.predicted, SizeIs(1));
  EXPECT_EQ(study.predicted[0].ranks, 64);
  EXPECT_THAT(study.notes, ElementsAre(HasSubstr("no strong scaling beyond 256 ranks")));
}

TEST(ScalingStudy, MarksRunsThatSharedCpus) {
  RandomDraws random(1);
  ScalingRuns runs = synthetic_runs({}, random);
  for (ScalingRun& run : runs) run.is_oversubscribed = run.ranks == 8;
  const ScalingStudy study = make_study(plan, runs);
  EXPECT_TRUE(study.measured.back().is_oversubscribed);
  EXPECT_EQ(study.held_out.at(0).measured.ranks, 4);
  EXPECT_THAT(study_table(study), HasSubstr("8*"));
  EXPECT_THAT(study_table(study), HasSubstr("* threads had to share CPUs"));
}

TEST(ScalingStudy, SaysWhyItPredictsNothing) {
  RandomDraws random(1);
  const ScalingStudy study = make_study(plan, synthetic_runs({.ranks = {1}}, random));
  EXPECT_THAT(study.predicted, IsEmpty());
  EXPECT_THAT(study.notes, Contains(HasSubstr("no prediction: it takes a run on two ranks")));
}

TEST(StudyFiles, AreValid) {
  const ScalingStudy study = small_study();
  const auto json = nlohmann::json::parse(scaling_json(study));
  EXPECT_EQ(json["measured"].size(), 4U);
  EXPECT_EQ(json["measured"][1]["ranks"], 2);
  EXPECT_EQ(json["measured"][1]["mode"], "strong");
  EXPECT_EQ(json["predicted"][0]["ranks"], 64);
  EXPECT_LT(json["predicted"][0]["step_s"]["low"], json["predicted"][0]["step_s"]["high"]);
  EXPECT_EQ(json["runs"].size(), 12U);
  EXPECT_EQ(json["model"]["recipes"][0]["recipe"], "net");
  EXPECT_GT(json["model"]["network"]["latency_s"]["value"], 0);

  std::istringstream lines(scaling_csv(study));
  std::string line;
  std::vector<std::int64_t> commas;
  while (std::getline(lines, line)) commas.push_back(std::ranges::count(line, ','));
  EXPECT_THAT(commas, SizeIs(6));
  EXPECT_THAT(commas, Each(commas[0]));
  EXPECT_THAT(scaling_csv(study), HasSubstr("\nnet,strong,64,predicted,"));
}

TEST(StudyTable, FitsATerminal) {
  std::istringstream lines(study_table(small_study()));
  std::string line;
  while (std::getline(lines, line)) EXPECT_LE(line.size(), 100U) << line;
}

TEST(StudyTable, TellsTimesInTheirUnits) {
  EXPECT_EQ(seconds_text(2), "2.00 s");
  EXPECT_EQ(seconds_text(0.0123), "12.3 ms");
  EXPECT_EQ(seconds_text(0.00099999), "1.00 ms");
  EXPECT_EQ(seconds_text(4.5e-5), "45.0 us");
  EXPECT_EQ(seconds_text(0), "0.00 ns");
}

}  // namespace
}  // namespace credence::test
