#include "credence/records/metrics_record.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(MetricsRecord, HasNumbersAndTextsInTheirOrder) {
  const auto record = parse_metrics_record(
      R"({"event":"epoch","epoch":2,"loss":0.5,"val_nll":null,"model":"m","step":20})");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->event, "epoch");
  EXPECT_THAT(record->numbers, ElementsAre(Pair("epoch", 2), Pair("loss", 0.5), Pair("step", 20)));
  EXPECT_EQ(record->number("loss"), 0.5);
  EXPECT_EQ(record->number("nll", -1), -1);
  EXPECT_EQ(record->text("model"), "m");
  EXPECT_EQ(record->text("dataset"), "");
}

TEST(MetricsRecord, CountsAreWholeNumbers) {
  const auto record = parse_metrics_record(
      R"({"event":"step","step":3.0,"epoch":1.5,"ranks":1e300,"epochs":12345678901})");
  EXPECT_EQ(record->count("step"), 3);
  EXPECT_EQ(record->count("epoch", 7), 7);
  EXPECT_EQ(record->count("ranks"), 0);
  EXPECT_EQ(record->count("epochs"), 12'345'678'901);
}

TEST(MetricsRecord, TellsTheMemberOrTheChain) {
  EXPECT_EQ(parse_metrics_record(R"({"event":"epoch","member":3})")->member(), 3);
  EXPECT_EQ(parse_metrics_record(R"({"event":"epoch","chain":2})")->member(), 2);
  EXPECT_EQ(parse_metrics_record(R"({"event":"epoch"})")->member(), 0);
}

TEST(MetricsRecord, IsAnObjectWithAnEvent) {
  for (const char* line : {"", "{", "[1]", "{}", R"({"event":1})", R"({"epoch":1})"})
    EXPECT_FALSE(parse_metrics_record(line).has_value()) << line;
}

}  // namespace
}  // namespace credence
