#include "credence/records/metrics_log.h"

#include <limits>
#include <vector>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;

TEST(MetricsLog, WritesEachLineAtOnce) {
  const TemporaryFolder directory;
  MetricsLog log(directory / "metrics.jsonl");
  log.write(MetricsEvent::header, std::vector<Field>{{"model", std::string("cnn")}});
  const std::string header = "{\"event\":\"header\",\"model\":\"cnn\"}\n";
  EXPECT_EQ(read_text(directory / "metrics.jsonl"), header);

  log.write(MetricsEvent::epoch,
            std::vector<Field>{{"epoch", std::int64_t{1}},
                               {"loss", 0.5},
                               {"nll", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_EQ(read_text(directory / "metrics.jsonl"),
            header + "{\"event\":\"epoch\",\"epoch\":1,\"loss\":0.5,\"nll\":null}\n");
}

TEST(MetricsLog, GoesOnAtTheEndOfAFile) {
  const TemporaryFolder directory;
  MetricsLog(directory / "m").write(MetricsEvent::step, {});
  MetricsLog(directory / "m").write(MetricsEvent::end, {});
  EXPECT_EQ(read_text(directory / "m"), "{\"event\":\"step\"}\n{\"event\":\"end\"}\n");
}

TEST(MetricsLog, IsWrittenByOneAtATime) {
  const TemporaryFolder directory;
  {
    const MetricsLog log(directory / "m");
    EXPECT_THAT(message_of<CreateError>([&] { MetricsLog second(directory / "m"); }),
                ::testing::HasSubstr("another process is writing it"));
  }
  EXPECT_NO_THROW(MetricsLog(directory / "m"));
}

TEST(MetricsLog, IsCutBackToALength) {
  const TemporaryFolder directory;
  MetricsLog log(directory / "m");
  log.write(MetricsEvent::header, {});
  const std::int64_t length = log.bytes();
  log.write(MetricsEvent::step, {});
  log.truncate(length);
  EXPECT_EQ(log.bytes(), length);
  log.truncate(length + 100);
  log.write(MetricsEvent::end, {});
  EXPECT_EQ(read_text(directory / "m"), "{\"event\":\"header\"}\n{\"event\":\"end\"}\n");
}

TEST(MetricsLog, SaysThatTheDiskIsFull) {
  MetricsLog log("/dev/full");
  const std::string message = message_of<IoError>([&] {
    log.write(MetricsEvent::step, std::vector<Field>{{"a", 1.0}});
  });
  EXPECT_THAT(message, ::testing::HasSubstr("/dev/full: "));
  EXPECT_THAT(message, ::testing::HasSubstr("No space left on device"));
}

TEST(MetricsLog, RefusesAFileThatCannotBeOpened) {
  EXPECT_THAT(message_of<CreateError>([] { MetricsLog log("/no/such/directory/m"); }),
              ::testing::HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace credence
