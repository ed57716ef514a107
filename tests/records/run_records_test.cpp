#include "credence/records/run_records.h"

#include <algorithm>

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/layers/dense.h"
#include "credence/records/metrics_log.h"

namespace credence {
namespace {

using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

GraphSpec two_weights() {
  GraphSpec graph{.name = "m", .input = {2}};
  graph.add("dense1", dense({.units = 1}));
  return graph;
}

/// A run directory, and what happens to it.
class RunRecordsTest : public ::testing::Test {
 protected:
  RunRecordsTest() { metrics_.write(MetricsEvent::header, {}); }

  RunRecords begin() const { return RunRecords({}, {.directory = run_, .model = model_}); }

  void end_epoch(RunRecords& records, std::int64_t epoch) {
    const std::vector<Field> fields{{"epoch", epoch}, {"step", 10 * epoch}};
    metrics_.write(MetricsEvent::epoch, fields);
    for (Observer* observer : records.observers())
      observer->on_epoch({.epoch = epoch, .step = 10 * epoch, .values = {{"loss", 1}}});
  }

  /// What the event files hold, from the oldest to the newest.
  std::string events() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(run_.path()))
      if (entry.path().filename().string().starts_with("events.out.tfevents."))
        files.push_back(entry.path());
    std::ranges::sort(files);
    std::string bytes;
    for (const auto& file : files) bytes += read_text(file);
    return bytes;
  }

  TemporaryFolder folder_;
  RunDirectory run_ = RunDirectory::create({.output = folder_ / "run"});
  MetricsLog metrics_{run_.metrics()};
  Model model_{two_weights(), {}};
};

// Event {step: 11, session_log {status: START}}, behind the time.
constexpr const char* start_at_11 = "\x10\x0b\x3a\x02\x08\x01";

TEST_F(RunRecordsTest, GoOnFromTheEpochThatMetricsAreCutBackTo) {
  std::string kept;
  std::int64_t checkpoint = 0;
  {
    RunRecords first = begin();
    end_epoch(first, 1);
    kept = read_text(run_.histograms());
    checkpoint = metrics_.bytes();
    end_epoch(first, 2);
  }
  const std::string all = read_text(run_.histograms());
  EXPECT_THAT(events(), Not(HasSubstr(start_at_11)));

  metrics_.truncate(checkpoint);
  RunRecords second = begin();
  EXPECT_EQ(read_text(run_.histograms()), kept);
  EXPECT_TRUE(events().substr(0, events().size() - 4).ends_with(start_at_11));  // 4: checksum
  end_epoch(second, 2);
  EXPECT_EQ(read_text(run_.histograms()), all);
}

TEST_F(RunRecordsTest, OfARunWithoutACheckpointBeginAnew) {
  const std::int64_t checkpoint = metrics_.bytes();
  std::string before_training;
  {
    RunRecords first = begin();
    before_training = read_text(run_.histograms());
    end_epoch(first, 1);
  }
  metrics_.truncate(checkpoint);
  RunRecords second = begin();
  EXPECT_THAT(before_training, HasSubstr(R"({"epoch":0,"step":0,"layer":"dense1.weight")"));
  EXPECT_EQ(read_text(run_.histograms()), before_training);
}

}  // namespace
}  // namespace credence
