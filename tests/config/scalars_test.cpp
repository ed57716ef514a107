#include "credence/config/scalars.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace credence {
namespace {

template <class T>
void expect_parses(const std::string& text, T expected) {
  T value{};
  EXPECT_TRUE(parse_scalar(text, value)) << text;
  EXPECT_EQ(value, expected) << text;
}

template <class T>
void expect_refused(const std::string& text) {
  T value = T(1);
  EXPECT_FALSE(parse_scalar(text, value)) << text;
  EXPECT_EQ(value, T(1)) << text << " must leave the value alone";
}

TEST(Scalars, ReadsIntegers) {
  expect_parses<int>("0", 0);
  expect_parses<int>("-17", -17);
  expect_parses<int>("+5", 5);
  expect_parses<int>("007", 7);
  expect_parses<int>("1e3", 1000);
  expect_parses<int>("2.5e1", 25);
  expect_parses<int>("0x1F", 31);
  expect_parses<int>("-2147483648", std::numeric_limits<int>::min());
  expect_parses<std::int64_t>("-9223372036854775808", std::numeric_limits<std::int64_t>::min());
  expect_parses<std::uint64_t>("18446744073709551615", std::numeric_limits<std::uint64_t>::max());
  expect_parses<std::uint64_t>("0xffffffffffffffff", std::numeric_limits<std::uint64_t>::max());
}

TEST(Scalars, RefusesWhatIsNoInteger) {
  for (const char* text : {"", " ", "five", "5x", "1.5", "1e-1", "--5", "+-5", "0x", "0xg", "0x-1",
                           ".inf", ".nan", "1e999", "2147483648", "3e9", "5 6", "1_000", "true"})
    expect_refused<int>(text);
  for (const char* text : {"-1", "-1e3", "18446744073709551616", "9007199254740993.0", "1e17"})
    expect_refused<std::uint64_t>(text);
  expect_refused<std::int64_t>("9223372036854775808");
}

TEST(Scalars, ReadsNumbers) {
  expect_parses("5", 5.0);
  expect_parses("-.5", -0.5);
  expect_parses("+1e-3", 0.001);
  expect_parses("0.1", 0.1f);
  expect_parses(".inf", std::numeric_limits<double>::infinity());
  expect_parses("-.Inf", -std::numeric_limits<double>::infinity());
  double value = 0.0;
  EXPECT_TRUE(parse_scalar(".NaN", value) && std::isnan(value));
}

TEST(Scalars, RefusesWhatIsNoNumber) {
  for (const char* text : {"", ".", "e5", "1e", "1e999", "-1e999", "1,5", "0.1.2", "infinity",
                           "nan(1)", "-nan", "1.0f", "true", "0x1p3", " 1", "1 "})
    expect_refused<double>(text);
  expect_refused<float>("1e39");
}

TEST(Scalars, ReadsTruth) {
  for (const char* text : {"true", "True", "yes", "on", "ON"}) expect_parses(text, true);
  bool value = true;
  EXPECT_TRUE(parse_scalar("off", value));
  EXPECT_FALSE(value);
  for (const char* text : {"", "1", "0", "t", "truee", "y"}) expect_refused<bool>(text);
}

TEST(Scalars, FormatsTheShortestThatReadsBack) {
  EXPECT_EQ(format_scalar(0.001), "0.001");
  EXPECT_EQ(format_scalar(0.001f), "0.001");
  EXPECT_EQ(format_scalar(0.1), "0.1");
  EXPECT_EQ(format_scalar(1.0), "1.0");
  EXPECT_EQ(format_scalar(-0.0), "-0.0");
  EXPECT_EQ(format_scalar(1e-5), "1.0e-05");
  EXPECT_EQ(format_scalar(60000.0), "60000.0");
  EXPECT_EQ(format_scalar(1e300), "1.0e+300");
  EXPECT_EQ(format_scalar(1.0 / 3.0), "0.3333333333333333");
  EXPECT_EQ(format_scalar(-std::numeric_limits<double>::infinity()), "-.inf");
  EXPECT_EQ(format_scalar(std::nan("")), ".nan");
  EXPECT_EQ(format_scalar(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(Scalars, RealsSurviveTheWayThroughText) {
  std::mt19937_64 bits(7);
  for (int i = 0; i < 20000; ++i) {
    const auto pattern = bits();
    double value = 0.0;
    std::memcpy(&value, &pattern, sizeof value);
    if (!std::isfinite(value)) continue;
    expect_parses(format_scalar(value), value);
    const auto single = static_cast<float>(std::ldexp(value, -std::ilogb(value) + i % 200 - 100));
    expect_parses(format_scalar(single), single);
  }
  expect_parses(format_scalar(std::numeric_limits<double>::denorm_min()),
                std::numeric_limits<double>::denorm_min());
  expect_parses(format_scalar(std::numeric_limits<double>::max()),
                std::numeric_limits<double>::max());
}

TEST(Scalars, TextThatLooksLikeSomethingElseNeedsQuotes) {
  for (const char* text : {"", "5", "1e3", "0x1f", "true", "No", "null", "~", ".inf", "-1.5"})
    EXPECT_TRUE(needs_quotes(text)) << text;
  for (const char* text : {"Adam", "5x", "/data/mnist", "true north", "1.2.3"})
    EXPECT_FALSE(needs_quotes(text)) << text;
}

}  // namespace
}  // namespace credence
