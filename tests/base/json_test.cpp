#include "credence/base/json.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace credence {
namespace {

TEST(Json, KeepsTheOrderAndTypesOfTheFields) {
  const std::vector<Field> fields{{"zeta", std::int64_t{-7}},
                                  {"alpha", 0.25},
                                  {"flag", true},
                                  {"name", std::string("a \"b\"\n\xC3\xA9")}};
  EXPECT_EQ(json_object(fields),
            "{\"zeta\":-7,\"alpha\":0.25,\"flag\":true,\"name\":\"a \\\"b\\\"\\n\xC3\xA9\"}");
}

TEST(Json, WritesNumbersThatAreNotFiniteAsNull) {
  const std::vector<Field> fields{{"a", std::numeric_limits<double>::quiet_NaN()},
                                  {"b", -std::numeric_limits<double>::infinity()}};
  EXPECT_EQ(json_object(fields), "{\"a\":null,\"b\":null}");
}

TEST(Json, WritesDoublesSoThatTheyReadBackExactly) {
  for (const double value : {0.1, 1.0 / 3.0, 5e-324, 1.7976931348623157e308, 3.0}) {
    const std::vector<Field> fields{{"x", value}};
    EXPECT_EQ(nlohmann::json::parse(json_object(fields)).at("x").get<double>(), value);
  }
}

TEST(Json, ReplacesBytesThatAreNotText) {
  const std::vector<Field> fields{{"x", std::string("a\xFF")}};
  EXPECT_EQ(json_object(fields), "{\"x\":\"a\xEF\xBF\xBD\"}");
}

TEST(Json, IsAnEmptyObjectWithoutFields) {
  EXPECT_EQ(json_object({}), "{}");
}

}  // namespace
}  // namespace credence
