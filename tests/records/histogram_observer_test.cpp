#include "credence/records/histogram_observer.h"

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "credence/layers/dense.h"

namespace credence {
namespace {

using credence::testing::read_text;
using credence::testing::TemporaryFolder;

ParameterHistogram histogram(const std::string& layer, const std::string& quantity) {
  return {.layer = layer,
          .quantity = quantity,
          .histogram = {.edges = {-1, 0.1, 2.5}, .counts = {3, 4}}};
}

TEST(HistogramLog, WritesALineForEach) {
  const TemporaryFolder folder;
  HistogramLog log(folder / "histograms.jsonl");
  log.write({.epoch = 1, .step = 938},
            {histogram("conv1.weight", "mu"), histogram("conv1.weight", "sigma")});
  log.write({.epoch = 2, .step = 5, .member = 3}, {histogram("dense1.bias", "weight")});
  const std::string bins = R"("edges":[-1.0,0.1,2.5],"counts":[3,4]})";
  EXPECT_EQ(read_text(folder / "histograms.jsonl"),
            R"({"epoch":1,"step":938,"layer":"conv1.weight","quantity":"mu",)" + bins + "\n" +
                R"({"epoch":1,"step":938,"layer":"conv1.weight","quantity":"sigma",)" + bins +
                "\n" +
                R"({"epoch":2,"step":5,"member":3,"layer":"dense1.bias","quantity":"weight",)" +
                bins + "\n");
}

TEST(HistogramLog, IsCutBackToWhereARunGoesOn) {
  const TemporaryFolder folder;
  const auto path = folder / "histograms.jsonl";
  HistogramLog log(path);
  log.write({.epoch = 2, .step = 20, .member = 1}, {histogram("a", "mu"), histogram("a", "sigma")});
  log.write({.epoch = 1, .step = 10, .member = 2}, {histogram("a", "mu")});
  const std::string kept = read_text(path);
  log.write({.epoch = 2, .step = 20, .member = 2}, {histogram("a", "mu"), histogram("a", "sigma")});
  const std::string all = read_text(path);
  log.truncate({.epoch = 2, .step = 20, .member = 2});
  EXPECT_EQ(read_text(path), all);
  log.truncate({.epoch = 2, .step = 19, .member = 2});
  EXPECT_EQ(read_text(path), kept);
  log.write({.epoch = 2, .step = 20, .member = 2}, {histogram("a", "mu"), histogram("a", "sigma")});
  EXPECT_EQ(read_text(path), all);
  log.truncate({});
  EXPECT_EQ(read_text(path), "");
}

TEST(HistogramLog, LosesALineThatIsNotWhole) {
  const TemporaryFolder folder;
  const auto path = folder / "histograms.jsonl";
  HistogramLog(path).write({.epoch = 1, .step = 10}, {histogram("a", "mu")});
  const std::string whole = read_text(path);
  AppendFile(path).write(R"({"epoch":1,"step":10,"layer":"b","qu)");
  HistogramLog(path).truncate({.epoch = 5, .step = 50});
  EXPECT_EQ(read_text(path), whole);
}

TEST(HistogramObserver, TellsHowParametersAreAtTheEndOfAnEpoch) {
  GraphSpec graph{.name = "m", .input = {2}};
  graph.add("dense1", dense({.units = 1}));
  const Model model(graph, {});
  for (Parameter* parameter : model.parameters()) parameter->value.span<float>()[0] = 7;
  std::vector<ParameterHistogram> told;
  HistogramTime when;
  HistogramObserver observer(model, {[&](const HistogramTime& time, const auto& histograms) {
                               when = time;
                               told = histograms;
                             }});
  observer.on_epoch({.epoch = 4, .step = 40, .member = 2});
  EXPECT_EQ(when.epoch, 4);
  EXPECT_EQ(when.step, 40);
  EXPECT_EQ(when.member, 2);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].layer, "dense1.weight");
  EXPECT_EQ(told[0].histogram.edges.back(), 7);
}

}  // namespace
}  // namespace credence
