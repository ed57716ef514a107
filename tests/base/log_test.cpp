#include "credence/base/log.h"

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using ::testing::ContainsRegex;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override {
    set_log_rank(0, 1);
    remove_log_files();
  }
};

TEST_F(LogTest, WritesToStderrWithTheLevelInFront) {
  CaptureStderr();
  log_info("reads digits");
  log_warning("slow {} disk");
  log_error("disk full");
  EXPECT_EQ(GetCapturedStderr(), "reads digits\nwarning: slow {} disk\nerror: disk full\n");
}

TEST_F(LogTest, LetsOnlyRankZeroInformAndWarn) {
  set_log_rank(3, 8);
  CaptureStderr();
  log_info("reads digits");
  log_warning("slow disk");
  log_error("disk full");
  EXPECT_EQ(GetCapturedStderr(), "error: [rank 3 of 8] disk full\n");
}

TEST_F(LogTest, WritesToAFileAtOnceWithTimeAndLevel) {
  const TemporaryFolder directory;
  CaptureStderr();
  log_info("before");
  add_log_file(directory / "log.txt");
  log_info("after");
  const std::string text = read_text(directory / "log.txt");
  log_error("failed");
  GetCapturedStderr();
  EXPECT_THAT(text, ContainsRegex("^[0-9-]+T[0-9:.]+ info after\n$"));
  EXPECT_THAT(read_text(directory / "log.txt"), ContainsRegex(" error failed\n$"));
}

TEST_F(LogTest, RecordsInFilesAtTheLevelOfWhatIsShown) {
  const TemporaryFolder directory;
  add_log_file(directory / "log.txt");
  CaptureStderr();
  log_error_to_files("disk full");
  EXPECT_EQ(GetCapturedStderr(), "");
  EXPECT_THAT(read_text(directory / "log.txt"), ContainsRegex(" error disk full\n$"));
}

TEST_F(LogTest, RecordsInFilesWhatIsShownElsewhere) {
  const TemporaryFolder directory;
  CaptureStderr();
  log_to_files("in no file yet");
  add_log_file(directory / "log.txt");
  log_to_files("epoch 1 of {}");
  EXPECT_EQ(GetCapturedStderr(), "");
  EXPECT_THAT(read_text(directory / "log.txt"),
              ContainsRegex("^[0-9-]+T[0-9:.]+ info epoch 1 of \\{\\}\n$"));
}

TEST_F(LogTest, TakesAFullDiskForNoErrorWhereTheTextIsShownElsewhere) {
  add_log_file("/dev/full");
  EXPECT_NO_THROW(log_to_files("epoch 1"));
}

TEST_F(LogTest, GoesOnAtTheEndOfAFile) {
  const TemporaryFolder directory;
  credence::testing::write_text(directory / "log.txt", "earlier\n");
  CaptureStderr();
  add_log_file(directory / "log.txt");
  log_info("later");
  GetCapturedStderr();
  EXPECT_THAT(read_text(directory / "log.txt"), ContainsRegex("^earlier\n.* info later\n$"));
}

TEST_F(LogTest, RefusesAFileThatCannotBeOpened) {
  const TemporaryFolder directory;
  EXPECT_THROW(add_log_file(directory.path()), CreateError);
}

}  // namespace
}  // namespace credence
