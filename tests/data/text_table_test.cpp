#include "credence/data/text_table.h"

#include "support/errors.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::message_of;

class TextTables : public ::testing::Test {
 protected:
  TextTable read(const std::string& text) {
    return read_text_table(folder_.write("rows.csv", text), {});
  }
  void expect(const std::string& text) {
    const TextTable table = read(text);
    EXPECT_EQ(table.columns, 2u) << text;
    EXPECT_THAT(table.cells, ElementsAre(1, -2.5, 3, 4e2)) << text;
  }
  std::string error_of(const std::string& text) {
    return message_of<DataError>([&] { read(text); });
  }

  testing::TemporaryFolder folder_;
};

TEST_F(TextTables, AreReadWithAnyUsualDelimiter) {
  expect("1,-2.5\n3,4e2\n");
  expect("1;-2.5\n3;4e2");
  expect("1\t-2.5\r\n3\t4e2\r\n\r\n");
  expect("  1   -2.5 \n +3 4e2 \n \n");
}

TEST_F(TextTables, MayHaveAHeader) {
  expect("\xEF\xBB\xBFwidth, height\n1 , -2.5\n3, 4e2\n");
  expect("width height\n1 -2.5\n3 4e2\n");
  EXPECT_THAT(read("width,height\n1,2\n").names, ElementsAre("width", "height"));
  EXPECT_EQ(read("width,height\n").rows(), 0u);
  EXPECT_THAT(read("width,,height\n1,2,3\n").names, ElementsAre("width", "", "height"));
}

TEST_F(TextTables, TakeNoLineWithANumberForAHeader) {
  EXPECT_THAT(error_of("1,2x\n3,4\n"),
              AllOf(HasSubstr("rows.csv:1, column 2: expected a number, got \"2x\";"),
                    HasSubstr("not taken for a header")));
  EXPECT_THAT(error_of("1e400,x\n3,4\n"), HasSubstr("rows.csv:1, column 1: expected a finite"));
  EXPECT_THAT(error_of("1e400,2\n3,4\n"), HasSubstr("expected a finite number, got \"1e400\""));
  EXPECT_THAT(read("1e-400,-1e-400\n").cells, ElementsAre(0, 0));
}

TEST_F(TextTables, NameThePlaceOfWhatIsWrong) {
  EXPECT_THAT(error_of("a,b\n1,2\n3,x\n"),
              AllOf(HasSubstr("rows.csv:3, column 2"), EndsWith("got \"x\"")));
  EXPECT_THAT(error_of("1,\n"),
              AllOf(HasSubstr("rows.csv:1, column 2"), EndsWith("got an empty cell")));
  EXPECT_THAT(error_of("1,nan\n"), HasSubstr("finite"));
  EXPECT_THAT(error_of("1,1e39\n"), HasSubstr("finite"));
  EXPECT_THAT(error_of("1,2\n3\n"), AllOf(HasSubstr("rows.csv:2"), HasSubstr("expected 2")));
  EXPECT_THAT(error_of("1,2\n\n3,4\n"), HasSubstr("rows.csv:2"));
}

}  // namespace
}  // namespace credence
