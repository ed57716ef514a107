#include "credence/serve/http_head_syntax.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& head) {
  HttpHeadSyntax syntax;
  for (const char c : head) syntax.add(c);
  return syntax.error();
}

TEST(HttpHeadSyntax, TakesWhatClientsSend) {
  for (const char* head : {"GET / HTTP/1.1\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost:x\r\nA:\r\nX-1_~: a\tb %41 \xc3\xa9\r\n\r\n",
                           "POST / HTTP/1.1\r\ncontent-length: \t22 \r\n\r\nbody\n : \r",
                           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\n"})
    EXPECT_EQ(error_of(head), "") << head;
}

TEST(HttpHeadSyntax, RefusesWhatOthersMayReadOtherwise) {
  for (const auto& [lines, says] : std::vector<std::pair<std::string, std::string>>{
           {"Content-Length : 22\r\n", "line 2 of the head: expected a name and a colon"},
           {"A: b\r\nTransfer-Encoding: chunked\n", "line 3 of the head: expected CR LF"},
           {"A: b\r\n Content-Length: 22\r\n", "line 3 of the head: expected a name"},
           {"A: b\r\n\tc\r\n", "line 3 of the head: expected a name"},
           {": b\r\n", "expected a name"},
           {"A\r\n", "expected a name"},
           {"\xc3\xa9: b\r\n", "expected a name"},
           {"A: b\rContent-Length: 22\r\n", "got CR alone"},
           {"\rA: b\r\n", "got CR alone"},
           {std::string("A: b\0\r\n", 7), "a control character"},
           {"A: \x7f\r\n", "a control character"},
           {"Content-Length: %30\r\n", "Content-Length: expected a number"},
           {"CONTENT-LENGTH: -1\r\n", "Content-Length: expected a number"},
           {"Content-Length: +1\r\n", "Content-Length: expected a number"},
           {"Transfer-Encoding: %63hunked\r\n", "Transfer-Encoding: expected chunked"},
           {"\n", "got LF alone"}})
    EXPECT_THAT(error_of("GET / HTTP/1.1\r\n" + lines + "\r\n"), HasSubstr(says)) << lines;
  EXPECT_THAT(error_of("GET / HTTP/1.1\n\r\n"), HasSubstr("line 1 of the head: expected CR LF"));
}

}  // namespace
}  // namespace credence
