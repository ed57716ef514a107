#include "credence/report/gnuplot.h"

#include <cstdlib>

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/report/curve_plots.h"
#include "credence/report/paper_plots.h"
#include "credence/report/posterior_plots.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::read_text;
using ::testing::SizeIs;
using testing::TemporaryFolder;
using ::testing::UnorderedElementsAre;

ReportedRun run_of_everything() {
  ReportedRun run{.name = "run"};
  run.curves.by_epoch = {{.name = "nll", .epochs = {1, 2, 3}, .values = {3, 2, 1}},
                         {.name = "val_nll", .epochs = {1, 2, 3}, .values = {3, NAN, 2}}};
  run.profile = Profile{.steps = 2,
                        .seconds = 1,
                        .examples_per_step = 64,
                        .rows = {{.phase = "forward", .layer = "conv1", .seconds = 0.6},
                                 {.phase = "other", .seconds = 0.4}}};
  run.histograms = {{.epoch = 1,
                     .layer = "a/b's.weight",
                     .quantity = "sigma",
                     .edges = {0, 1, 2},
                     .counts = {3, 4}},
                    {.epoch = 2,
                     .layer = "a/b's.weight",
                     .quantity = "sigma",
                     .edges = {0, 2, 4},
                     .counts = {1, 6}}};
  ClassificationFigures figures{
      .examples = 4, .labels = {"cat", "dog's"}, .confusion = {{1, 1}, {0, 2}}};
  figures.reliability = {
      {.lower = 0, .upper = 0.5, .examples = 0, .confidence = 0, .correct = 0},
      {.lower = 0.5, .upper = 1, .examples = 4, .confidence = 3.2, .correct = 3}};
  figures.densities = {{.example = {.index = 9},
                        .why = "most wrong",
                        .classes = {0, 1},
                        .draws = {{0.2F, 0.4F}, {0.8F, 0.6F}}}};
  run.classification = figures;
  run.regression =
      RegressionFigures{.examples = 3,
                        .targets = {{.name = "y",
                                     .truth = {1, 2, 3},
                                     .predicted = {1, 2, 4},
                                     .sigma = {1, 1, 1},
                                     .lower = {0, 1, 2},
                                     .upper = {2, 3, 5},
                                     .groups = {{.sigma = 1, .error = 1, .examples = 3}}}},
                        .coverage = {{.nominal = 0.5, .empirical = 0.4, .targets = 3}}};
  run.posteriors = {{.name = "conv1.weight", .weights = 3, .kl = 12}};
  run.pruning.points = {{.share = 0, .values = {{"accuracy", 0.9}}},
                        {.share = 0.5, .values = {{"accuracy", 0.8}}}};
  return run;
}

std::vector<std::string> names_of(const std::vector<GnuplotPlot>& plots) {
  std::vector<std::string> names;
  for (const GnuplotPlot& plot : plots) names.push_back(plot.name);
  return names;
}

TEST(PaperPlots, AreOneForEachChart) {
  EXPECT_THAT(names_of(paper_plots(run_of_everything())),
              ElementsAre("curve-nll", "step-time", "confidence", "reliability", "confusion",
                          "predictive-density-9", "coverage", "predicted-y", "sigma-y",
                          "posterior-a-b-s.weight-sigma", "posterior-sigma", "kl-by-layer",
                          "pruning-accuracy"));
  EXPECT_TRUE(paper_plots({}).empty());
}

TEST(PaperPlots, ShareADensityOverItsBins) {
  for (const GnuplotPlot& plot : paper_plots(run_of_everything()))
    if (plot.name.starts_with("posterior-a")) {
      EXPECT_EQ(plot.blocks[0].second, "0.5 0.428571\n1.5 0.571429\n");
      EXPECT_EQ(plot.blocks[1].second, "1 0.0714286\n3 0.428571\n");
    } else if (plot.name == "posterior-sigma") {
      EXPECT_EQ(plot.blocks[0].second, "1 0.166667\n3 1\n");  // the last moment, 1 at its highest
    }
}

TEST(PaperPlots, ShowFiguresOfValidationAlone) {
  ReportedRun run = run_of_everything();
  run.curves.by_epoch = {{.name = "val_ece", .epochs = {1, 2}, .values = {0.5, 0.25}},
                         {.name = "seconds", .epochs = {1, 2}, .values = {3, 3}}};
  const auto names = names_of(curve_plots(run));
  EXPECT_THAT(names, ElementsAre("curve-ece"));
  run.name = "first";
  ReportedRun other = run;
  other.name = "it's second";
  const auto both = comparison_plots(std::vector<ReportedRun>{run, other});
  EXPECT_THAT(names_of(both), ElementsAre("compare-ece"));
  EXPECT_THAT(both[0].blocks, SizeIs(2));
  EXPECT_THAT(both[0].commands.back(), HasSubstr("'it’s second (validation)'"));
}

TEST(PaperPlots, LeaveOutWeightsThatAreAllTheSame) {
  const WeightHistogram begin{.epoch = 0,
                              .step = 0,
                              .layer = "a",
                              .quantity = "sigma",
                              .edges = {0, 1, 2},
                              .counts = {0, 7}};
  WeightHistogram end = begin;
  end.epoch = end.step = 1;
  end.counts = {3, 4};
  EXPECT_THAT(posterior_plots({begin, end})[0].blocks, SizeIs(1));
  EXPECT_THAT(posterior_plots({begin})[0].blocks, SizeIs(1));  // else there would be nothing
}

TEST(Gnuplot, QuotesText) {
  EXPECT_EQ(gnuplot_quoted("'dog's\n$x"), "'\u2019dog\u2019s $x'");
}

TEST(Gnuplot, TakesColumnsOfAnyText) {
  EXPECT_EQ(gnuplot_column("a \"b\"\nEND_OF_DATA\\1"), "\"a 'b' END_OF_DATA/1\"");
}

/// A name that would run a command if it were more than text anywhere.
ReportedRun run_of_names(const std::string& name) {
  ReportedRun run = run_of_everything();
  run.curves.by_epoch[0].name = name;
  run.profile->rows[0].layer = name;
  for (WeightHistogram& histogram : run.histograms) histogram.layer = name;
  run.classification->labels[0] = name;
  run.regression->targets[0].name = name;
  run.posteriors[0].name = name;
  return run;
}

TEST(Gnuplot, RunsNoCommandThatANameHolds) {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot here";
  const TemporaryFolder folder;
  write_plots(paper_plots(run_of_names("'.system('touch hit').'`touch hit`\nEND_OF_DATA\n"
                                       "!touch hit\n\"\rEND_OF_DATA\r!touch hit\r@hit \\")),
              folder / "plots");
  EXPECT_FALSE(std::filesystem::exists(folder / "plots" / "hit"));
}

TEST(Gnuplot, ThatIsMissingIsToldWithWhatToInstall) {
  const TemporaryFolder folder;
  try {
    write_plots(paper_plots(run_of_everything()), folder / "plots", "no-such-gnuplot");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no-such-gnuplot was not found"));
    EXPECT_THAT(error.what(), HasSubstr("gnuplot-nox"));
  }
}

TEST(Gnuplot, ThatFailsIsQuoted) {
  const TemporaryFolder folder;
  const auto program = folder.write("gnuplot", "#!/bin/sh\necho \"line 3: bad $2\" >&2\nexit 1\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  try {
    write_plots({{.name = "a", .blocks = {}, .commands = {}}}, folder / "plots", program);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("line 3: bad a.gp"));
  }
}

TEST(Gnuplot, LeavesNoEarlierPlotOfItsOwn) {
  const TemporaryFolder folder;
  const auto plot = [](const std::string& name) {
    return GnuplotPlot{.name = name, .blocks = {}, .commands = {}};
  };
  write_plots({plot("curve-loss"), plot("posterior-conv1.weight-mu")}, folder.path(), "true");
  for (const char* name : {"curve-loss.png", "posterior-conv1.weight-mu.svg", "mine.svg"})
    folder.write(name, "");
  folder.write("mine.gp", "plot sin(x)\n");
  std::filesystem::create_directory(folder / "old.gp");
  std::filesystem::create_symlink("nowhere", folder / "link.gp");
  write_plots({plot("curve-loss")}, folder.path(), "true");
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    left.push_back(entry.path().filename());
  EXPECT_THAT(left, UnorderedElementsAre("curve-loss.gp", "curve-loss.png", "mine.gp", "mine.svg",
                                         "old.gp", "link.gp"));
}

TEST(Gnuplot, MakesEveryPlotAsSvgAndPng) {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot here";
  const TemporaryFolder folder;
  const auto plots = paper_plots(run_of_everything());
  write_plots(plots, folder.path());
  for (const GnuplotPlot& plot : plots) {
    const std::string svg = read_text(folder / (plot.name + ".svg"));
    EXPECT_THAT(svg, HasSubstr("</svg>")) << plot.name;
    EXPECT_GT(svg.size(), 3000U) << plot.name;
    EXPECT_EQ(read_text(folder / (plot.name + ".png")).substr(1, 3), "PNG") << plot.name;
  }
}

}  // namespace
}  // namespace credence
