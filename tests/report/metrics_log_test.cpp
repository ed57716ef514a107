#include "credence/report/metrics_log.h"

#include <limits>
#include <thread>
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

TEST(MetricsLog, WritesWholeLinesBesideAnotherWriter) {
  const TemporaryFolder directory;
  const auto write_many = [&] {
    MetricsLog log(directory / "m");
    for (int i = 0; i < 200; ++i)
      log.write(MetricsEvent::step, std::vector<Field>{{"text", std::string(500, 'x')}});
  };
  std::thread first(write_many), second(write_many);
  first.join();
  second.join();
  const std::string line = "{\"event\":\"step\",\"text\":\"" + std::string(500, 'x') + "\"}\n";
  std::string expected;
  for (int i = 0; i < 400; ++i) expected += line;
  EXPECT_EQ(read_text(directory / "m"), expected);
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
