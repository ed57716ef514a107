#include "credence/base/crc32c.h"

#include <string>

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(Crc32c, IsThatOfPublishedVectors) {  // RFC 3720, appendix B.4
  std::string ascending, descending;
  for (char byte = 0; byte < 32; ++byte) {
    ascending += byte;
    descending.insert(descending.begin(), byte);
  }
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AA);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43);
  EXPECT_EQ(crc32c(ascending), 0x46DD794E);
  EXPECT_EQ(crc32c(descending), 0x113FDB5C);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283);
  EXPECT_EQ(crc32c(""), 0U);
}

}  // namespace
}  // namespace credence
