#include "credence/report/scaling_plots.h"

#include "scaling/synthetic_runs.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TemporaryFolder;

const ScalingPlan plan{.recipes = {{.name = "cnn's", .batch = 256}, {.name = "bnn", .batch = 256}},
                       .modes = {ScalingMode::strong},
                       .ranks = {1, 2, 4, 8},
                       .predicted = {64}};

ScalingStudy study_of_two() {
  RandomDraws random(1);
  ScalingRuns runs = test::synthetic_runs({.recipe = "cnn's"}, random);
  for (const ScalingRun& run : test::synthetic_runs({.recipe = "bnn"}, random)) runs.push_back(run);
  for (ScalingRun& run : runs) run.is_oversubscribed = run.ranks == 8;
  return make_study(plan, runs);
}

std::vector<std::string> names_of_plots(const ScalingStudy& study) {
  std::vector<std::string> names;
  for (const GnuplotPlot& plot : scaling_plots(study)) names.push_back(plot.name);
  return names;
}

TEST(ScalingPlots, AreTwoForEachMode) {
  EXPECT_THAT(names_of_plots(study_of_two()), ElementsAre("time-strong", "speed-up-strong"));
  ScalingPlan both = plan;
  both.modes.push_back(ScalingMode::weak);
  EXPECT_THAT(names_of_plots(make_study(both, study_of_two().runs)),
              ElementsAre("time-strong", "speed-up-strong", "time-weak", "speed-up-weak"));
  EXPECT_THAT(scaling_plots(make_study(plan, {})), IsEmpty());
}

TEST(ScalingPlots, TellWhatWasMeasuredFromWhatWasNot) {
  const std::vector<GnuplotPlot> plots = scaling_plots(study_of_two());
  const std::string time = gnuplot_script(plots[0]), speed_up = gnuplot_script(plots[1]);
  EXPECT_THAT(speed_up, HasSubstr("title '1:1'"));
  EXPECT_THAT(time, Not(HasSubstr("title '1:1'")));
  for (const char* const block : {"$measured0", "$shared0", "$predicted0", "$measured1"})
    EXPECT_THAT(time, HasSubstr(block));
  EXPECT_THAT(speed_up, HasSubstr("$measured0 << END_OF_DATA\n1 1 "));
  EXPECT_THAT(speed_up, HasSubstr("$predicted1 << END_OF_DATA\n64 "));
}

TEST(ScalingPlots, AreDrawnByGnuplot) {
  const TemporaryFolder folder;
  write_plots(scaling_plots(study_of_two()), folder.path());
  for (const char* const file : {"time-strong.svg", "time-strong.png", "speed-up-strong.svg"})
    EXPECT_GT(std::filesystem::file_size(folder.path() / file), 1000U) << file;
}

}  // namespace
}  // namespace credence
