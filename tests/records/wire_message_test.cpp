#include "credence/records/wire_message.h"

#include <vector>

#include <gtest/gtest.h>

namespace credence {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// The examples of https://protobuf.dev/programming-guides/encoding.
TEST(WireMessage, WritesThePublishedExamples) {
  EXPECT_EQ(WireMessage().add_integer(1, 150).bytes(), bytes({0x08, 0x96, 0x01}));
  EXPECT_EQ(WireMessage().add_text(2, "testing").bytes(), bytes({0x12, 0x07}) + "testing");
  EXPECT_EQ(WireMessage().add_message(3, WireMessage().add_integer(1, 150)).bytes(),
            bytes({0x1A, 0x03, 0x08, 0x96, 0x01}));
  EXPECT_EQ(WireMessage().add_integer(1, -2).bytes(),
            bytes({0x08, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
}

TEST(WireMessage, WritesNumbersOfFixedLength) {
  EXPECT_EQ(WireMessage().add_double(1, 1.0).bytes(), bytes({0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}));
  EXPECT_EQ(WireMessage().add_float(2, -2.0F).bytes(), bytes({0x15, 0, 0, 0, 0xC0}));
  EXPECT_EQ(WireMessage().add_doubles(6, std::vector<double>{1.0}).bytes(),
            bytes({0x32, 0x08, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}));
}

TEST(WireMessage, WritesTagsAndLengthsOfSeveralBytes) {
  EXPECT_EQ(WireMessage().add_integer(16, 1).bytes(), bytes({0x80, 0x01, 0x01}));
  const std::string text(300, 'x');
  EXPECT_EQ(WireMessage().add_text(1, text).bytes(), bytes({0x0A, 0xAC, 0x02}) + text);
}

}  // namespace
}  // namespace credence
