#include "credence/records/profile.h"

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/records/trace.h"

namespace credence {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_text;
using testing::TemporaryFolder;

GraphSpec network() {
  GraphSpec graph{.name = "small", .input = {4, 4, 1}};
  graph.add("conv1", conv2d({.filters = 2, .kernel = {3, 3}, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool2d>("pool1", {.window = {2, 2}})
      .add<Flatten>("flatten")
      .add("dense1", dense({.units = 3}));
  return graph;
}

TEST(Profile, GivesEachLayersTimeRateAndShareOfThePeak) {
  Model model(network(), {.max_batch = 10});
  Timeline timeline;
  model.set_timeline(timeline);
  const auto begin = Timeline::Clock::now();
  for (std::size_t work = 0; work < timeline.works().size(); ++work)
    timeline.record(static_cast<int>(work), begin, begin + std::chrono::microseconds(100));
  const std::string table =
      profile_table(timeline, model,
                    {.steps = 1, .seconds = 1e-3, .examples_per_step = 1000, .peak_gflops = 10.0});
  // 16 pixels of 2 filters of 9 weights: 576 operations an example, 1000 of them in 100 us.
  EXPECT_THAT(table, HasSubstr("conv1 + relu1 + pool1"));
  EXPECT_THAT(table, HasSubstr("5.8    57.6%"));
  EXPECT_THAT(table, HasSubstr("10.0%"));
  EXPECT_THAT(table, HasSubstr("other"));
  EXPECT_THAT(profile_table(timeline, model, {.steps = 1, .seconds = 1e-3}), Not(HasSubstr("nan")));
}

TEST(Profile, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  Model model(network(), {.max_batch = 10});
  Timeline timeline;
  model.set_timeline(timeline);
  const auto begin = Timeline::Clock::now();
  timeline.record(0, begin, begin + std::chrono::milliseconds(250));
  const Profile made =
      make_profile(timeline, model, {.steps = 4, .seconds = 1, .examples_per_step = 8});
  write_profile(folder / "profile.json", made);
  const Profile read = read_profile(folder / "profile.json");
  EXPECT_EQ(read.steps, 4);
  EXPECT_EQ(read.examples_per_step, 8);
  ASSERT_EQ(read.rows.size(), timeline.works().size() + 1);
  EXPECT_EQ(read.rows[0].layer, "conv1 + relu1 + pool1");
  EXPECT_EQ(read.rows[0].flops, 576.0 * 8 * 4);
  EXPECT_EQ(read.rows.back().phase, "other");
  EXPECT_DOUBLE_EQ(read.rows[0].seconds + read.rows.back().seconds, 1);
  EXPECT_THROW(read_profile(folder.write("none.json", "{}")), DataError);
}

TEST(Trace, IsJsonOfCompleteEvents) {
  const TemporaryFolder folder;
  Timeline timeline(10);
  const int work = timeline.add_work(Phase::backward, "a \"layer\"");
  const auto begin = Timeline::Clock::now();
  timeline.record(work, begin, begin + std::chrono::microseconds(250));
  const auto path = trace_path(folder.path() / "trace.json", 3);
  EXPECT_EQ(path.filename(), "trace.rank3.json");
  EXPECT_EQ(trace_path("here/trace.json", 0), "here/trace.json");
  write_trace(path, timeline, 3);
  const auto events = nlohmann::json::parse(read_text(path)).at("traceEvents");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].at("ph"), "M");
  EXPECT_EQ(events[1].at("name"), "a \"layer\"");
  EXPECT_EQ(events[1].at("cat"), "backward");
  EXPECT_EQ(events[1].at("ph"), "X");
  EXPECT_EQ(events[1].at("pid"), 3);
  EXPECT_NEAR(events[1].at("dur").get<double>(), 250, 1e-6);
}

}  // namespace
}  // namespace credence
