#include "credence/records/trace.h"

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

using testing::TemporaryFolder;

TEST(Trace, IsReadBackAsItWasWritten) {
  const TemporaryFolder folder;
  Timeline timeline(3);
  const auto at = [&](int microseconds) {
    return timeline.origin() + std::chrono::microseconds(microseconds);
  };
  timeline.record(timeline.add_work(Phase::gather), at(1), at(3));
  timeline.record(timeline.add_work(Phase::backward, "conv1"), at(10), at(10'000'000));
  write_trace(folder.path() / "trace.json", timeline, 7);
  const std::vector<TraceSpan> spans = read_trace(folder.path() / "trace.json");
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].phase, "gather");
  EXPECT_EQ(spans[1].name, "conv1");
  EXPECT_EQ(spans[1].phase, "backward");
  EXPECT_NEAR(spans[0].seconds(), 2e-6, 1e-12);
  EXPECT_NEAR(spans[1].end_s, 10, 1e-9);
}

TEST(Trace, OfAnotherKindIsRefusedByName) {
  const TemporaryFolder folder;
  for (const char* const text : {"", "{}", R"({"traceEvents":[{"ph":"X"}]})"}) {
    write_file(folder.path() / "trace.json", std::string_view(text));
    try {
      read_trace(folder.path() / "trace.json");
      FAIL() << text;
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find("trace.json"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace credence
