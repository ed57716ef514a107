#include "credence/base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace credence {
namespace {

using namespace std::string_literals;

TEST(Utf8, AcceptsText) {
  for (const std::string& text :
       {""s, "plain\ttext\r\n"s, "\xc3\xa9"s, "\xe2\x82\xac"s, "\xed\x9f\xbf"s, "\xf0\x9f\x98\x80"s,
        "\xf4\x8f\xbf\xbd"s, "\xef\xb7\x8f"s, "\xef\xb7\xb0"s})
    EXPECT_EQ(text_prefix(text), text.size()) << text;
}

TEST(Utf8, StopsAtTheFirstByteThatIsNoText) {
  for (const std::string& bad :
       {"\0"s, "\x1b[1m"s, "\x7f"s, "\x80"s, "\xc3"s, "\xc3("s, "\xc0\xaf"s, "\xe0\x9f\xbf"s,
        "\xed\xa0\x80"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s, "\xff\xfe"s, "\xe2\x82"s,
        "\xef\xbf\xbf"s, "\xef\xbf\xbe"s, "\xef\xb7\x90"s, "\xef\xb7\xaf"s, "\xf4\x8f\xbf\xbf"s})
    EXPECT_EQ(text_prefix("ab" + bad + "c"), 2u) << testing::PrintToString(bad);
}

}  // namespace
}  // namespace credence
