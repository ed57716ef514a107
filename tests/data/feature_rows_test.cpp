#include "credence/data/feature_rows.h"

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

class FeatureRows : public ::testing::Test {
 protected:
  Tensor read(const std::string& text) {
    return read_feature_rows(folder_.write("rows.csv", text));
  }
  void expect(const std::string& text) {
    const Tensor rows = read(text);
    EXPECT_EQ(rows.shape(), (Shape{2, 2})) << text;
    EXPECT_THAT(std::vector<double>(rows.data<double>(), rows.data<double>() + rows.size()),
                ElementsAre(1, -2.5, 3, 4e2))
        << text;
  }
  std::string error_of(const std::string& text) {
    return message_of<DataError>([&] { read(text); });
  }

  testing::TemporaryFolder folder_;
};

TEST_F(FeatureRows, AreReadWithAnyUsualDelimiter) {
  expect("1,-2.5\n3,4e2\n");
  expect("1;-2.5\n3;4e2");
  expect("1\t-2.5\r\n3\t4e2\r\n\r\n");
  expect("  1   -2.5 \n +3 4e2 \n \n");
}

TEST_F(FeatureRows, MayHaveAHeader) {
  expect("\xEF\xBB\xBFwidth, height\n1 , -2.5\n3, 4e2\n");
  expect("width height\n1 -2.5\n3 4e2\n");
  EXPECT_EQ(read("width,height\n").shape(), (Shape{0, 2}));
}

TEST_F(FeatureRows, NameThePlaceOfWhatIsWrong) {
  EXPECT_THAT(error_of("a,b\n1,2\n3,x\n"),
              AllOf(HasSubstr("rows.csv:3, column 2"), EndsWith("got \"x\"")));
  EXPECT_THAT(error_of("1,\n"), AllOf(HasSubstr("rows.csv:1, column 2"), EndsWith("got \"\"")));
  EXPECT_THAT(error_of("1,nan\n"), HasSubstr("finite"));
  EXPECT_THAT(error_of("1,1e39\n"), HasSubstr("finite"));
  EXPECT_THAT(error_of("1,2\n3\n"), AllOf(HasSubstr("rows.csv:2"), HasSubstr("expected 2")));
  EXPECT_THAT(error_of("1,2\n\n3,4\n"), HasSubstr("rows.csv:2"));
}

}  // namespace
}  // namespace credence
