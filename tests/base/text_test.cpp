#include "credence/base/text.h"

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(Text, CountsThings) {
  EXPECT_EQ(counted(0, "rank"), "0 ranks");
  EXPECT_EQ(counted(1, "rank"), "1 rank");
  EXPECT_EQ(counted(2, "NUMA node"), "2 NUMA nodes");
}

TEST(Text, TellsBytesInThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(1023), "1023 bytes");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(32LL << 20), "32.0 MiB");
  EXPECT_EQ(bytes_text(800LL << 20), "800 MiB");
  EXPECT_EQ(bytes_text(5LL << 50), "5.0 PiB");
  EXPECT_EQ(bytes_text(5000LL << 50), "5000 PiB");
}

}  // namespace
}  // namespace credence
