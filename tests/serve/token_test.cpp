#include "credence/serve/token.h"

#include "support/errors.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::HasSubstr;

TEST(Token, OfAFileMayHaveBlankSpaceAroundIt) {
  const testing::TemporaryFolder folder;
  const Token token = read_token(folder.write("token", " 0123456789abcdef\r\n"));
  EXPECT_TRUE(token.is_required());
  EXPECT_TRUE(token.allows("Bearer 0123456789abcdef"));
  EXPECT_TRUE(token.allows("bearer 0123456789abcdef"));
  EXPECT_FALSE(token.allows("Bearer"));
  EXPECT_FALSE(token.allows("Bearer 0123456789abcdeF"));
  EXPECT_FALSE(token.allows(""));
}

TEST(Token, ThatAnyoneCouldGuessIsRefused) {
  const testing::TemporaryFolder folder;
  for (const char* text : {"", "\n", "short", "0123456789 abcdef", "0123456789abcde\xff"}) {
    const auto read = [&] { read_token(folder.write("token", text)); };
    EXPECT_THAT(testing::message_of<ConfigError>(read), HasSubstr("expected a token")) << text;
  }
  const auto read = [&] { read_token(folder / "nothing"); };
  EXPECT_THAT(testing::message_of<DataError>(read), HasSubstr("nothing"));
}

TEST(Token, ThatWouldBeDecodedOnItsWayIsRefused) {
  const testing::TemporaryFolder folder;
  const auto read = [&] { read_token(folder.write("token", "0123456789ab%41cd")); };
  EXPECT_THAT(testing::message_of<UsageError>(read), HasSubstr("without %"));
}

TEST(Token, ThatThereIsNotLetsEveryoneIn) {
  EXPECT_TRUE(Token().allows(""));
  EXPECT_FALSE(Token().is_required());
}

}  // namespace
}  // namespace credence
