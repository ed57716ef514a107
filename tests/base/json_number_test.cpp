#include "credence/base/json_number.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace credence {
namespace {

template <class Integer>
std::optional<Integer> number(const char* text) {
  return whole_number<Integer>(nlohmann::json::parse(text));
}

TEST(WholeNumber, IsReadHoweverItIsWritten) {
  EXPECT_EQ(number<int>("3"), 3);
  EXPECT_EQ(number<int>("3.0"), 3);
  EXPECT_EQ(number<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
}

TEST(WholeNumber, IsNoneForAnythingElse) {
  for (const char* text : {"2.5", "1e300", "-1e300", "null", "\"3\"", "[3]", "4294967296"})
    EXPECT_EQ(number<int>(text), std::nullopt) << text;
  EXPECT_EQ(number<std::uint64_t>("-1"), std::nullopt);
  EXPECT_EQ(number<std::int64_t>("18446744073709551615"), std::nullopt);
}

}  // namespace
}  // namespace credence
