#include "credence/records/file_tail.h"

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

namespace credence {
namespace {

using credence::testing::TemporaryFolder;
using credence::testing::write_text;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FileTailTest : public ::testing::Test {
 protected:
  void write(const std::string& text) const { write_text(path_, text); }
  void append(const std::string& text) const {
    std::ofstream(path_, std::ios::binary | std::ios::app) << text;
  }
  /// A last line that begins with "again" says that the file is read from its beginning.
  std::vector<std::string> news() {
    FileTail::News news = tail_.read();
    if (news.begins_again) news.lines.insert(news.lines.begin(), "again");
    return news.lines;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "metrics.jsonl";
  FileTail tail_{path_};
};

TEST_F(FileTailTest, GivesWhatWasAdded) {
  EXPECT_THAT(news(), IsEmpty());  // there is no file
  write("one\ntwo\n");
  EXPECT_THAT(news(), ElementsAre("one", "two"));
  EXPECT_THAT(news(), IsEmpty());
  append("three\n");
  EXPECT_THAT(news(), ElementsAre("three"));
}

TEST_F(FileTailTest, WaitsForTheEndOfALine) {
  write("one\ntw");
  EXPECT_THAT(news(), ElementsAre("one"));
  EXPECT_THAT(news(), IsEmpty());
  append("o\nthr");
  EXPECT_THAT(news(), ElementsAre("two"));
  append("ee\n");
  EXPECT_THAT(news(), ElementsAre("three"));
}

TEST_F(FileTailTest, BeginsAgainWithAFileThatWasCutBack) {
  write("one\ntwo\nthree\n");
  news();
  std::filesystem::resize_file(path_, 4);
  EXPECT_THAT(news(), ElementsAre("again", "one"));
  append("other\n");
  EXPECT_THAT(news(), ElementsAre("other"));
}

TEST_F(FileTailTest, BeginsAgainWithAFileThatWasCutBackAndHasGrownSince) {
  write("one\ntwo\nthree\n");
  news();
  std::filesystem::resize_file(path_, 4);
  append("other\nand many more\n");
  EXPECT_THAT(news(), ElementsAre("again", "one", "other", "and many more"));
}

TEST_F(FileTailTest, BeginsAgainWithAFileThatWasCutToNothing) {
  write("one\n");
  news();
  std::filesystem::resize_file(path_, 0);
  EXPECT_THAT(news(), ElementsAre("again"));
  append("two\n");
  EXPECT_THAT(news(), ElementsAre("two"));
}

TEST_F(FileTailTest, ForgetsAHalfLineThatIsTakenBack) {
  write("one\ntwo is only ha");
  news();
  std::filesystem::resize_file(path_, 4);
  EXPECT_THAT(news(), IsEmpty());
  append("two\n");
  EXPECT_THAT(news(), ElementsAre("two"));
}

}  // namespace
}  // namespace credence
