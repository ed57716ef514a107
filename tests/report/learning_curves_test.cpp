#include "credence/report/learning_curves.h"

#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LearningCurves, AreEachFigureByEpoch) {
  const LearningCurves curves = parse_learning_curves(
      R"({"event":"header","model":"m","parameters":7}
{"event":"step","epoch":1,"step":5,"loss":2.5}
{"event":"epoch","epoch":1,"step":10,"loss":2,"val_nll":3}
{"event":"step","epoch":2,"step":15,"loss":1.5}
{"event":"epoch","epoch":2,"step":20,"loss":1,"val_nll":null}
{"event":"end","steps":20}
)");
  ASSERT_THAT(curves.named("loss"), SizeIs(1));
  EXPECT_THAT(curves.named("loss")[0]->epochs, ElementsAre(1, 2));
  EXPECT_THAT(curves.named("loss")[0]->values, ElementsAre(2, 1));
  EXPECT_THAT(curves.named("val_nll")[0]->values, ElementsAre(3));
  ASSERT_THAT(curves.by_step, SizeIs(1));
  EXPECT_THAT(curves.by_step[0].epochs, ElementsAre(0.5, 1.5));
  EXPECT_EQ(curves.by_step[0].member, 0);
}

TEST(LearningCurves, AreTheirOwnForEachMember) {
  const LearningCurves curves = parse_learning_curves(
      R"({"event":"step","epoch":1,"step":1,"loss":4}
{"event":"epoch","epoch":1,"step":2,"member":1,"loss":3}
{"event":"step","epoch":1,"step":1,"loss":8}
{"event":"epoch","epoch":1,"step":2,"member":2,"loss":7})");
  ASSERT_THAT(curves.named("loss"), SizeIs(2));
  EXPECT_EQ(curves.named("loss")[1]->member, 2);
  EXPECT_THAT(curves.named("loss")[1]->values, ElementsAre(7));
  ASSERT_THAT(curves.by_step, SizeIs(2));
  EXPECT_EQ(curves.by_step[0].member, 1);
  EXPECT_EQ(curves.by_step[1].member, 2);
}

TEST(LearningCurves, AreOfTheMemberThatAStepNames) {
  const LearningCurves curves = parse_learning_curves(
      R"({"event":"step","epoch":1,"step":5,"member":3,"loss":3}
{"event":"step","epoch":1,"step":6,"member":3,"loss":2}
{"event":"step","epoch":1,"step":1,"member":5,"loss":7}
)");
  ASSERT_EQ(curves.by_step.size(), 2U);
  EXPECT_EQ(curves.by_step[0].member, 3);
  EXPECT_EQ(curves.by_step[1].member, 5);
}

TEST(LearningCurves, OfChainsAreThoseOfTheirTraining) {
  const LearningCurves curves = parse_learning_curves(
      R"({"event":"step","epoch":1,"step":1,"loss":4}
{"event":"epoch","epoch":1,"step":2,"chain":1,"loss":3}
{"event":"step","epoch":1,"step":1,"loss":0.1}
{"event":"epoch","epoch":1,"step":2,"loss":0.2,"acceptance":0.9})");
  ASSERT_THAT(curves.named("loss"), SizeIs(1));
  EXPECT_THAT(curves.named("loss")[0]->values, ElementsAre(3));
  ASSERT_THAT(curves.named("acceptance"), SizeIs(1));
  EXPECT_THAT(curves.by_step, IsEmpty());
}

TEST(LearningCurves, DoWithoutALastLineThatIsCut) {
  const LearningCurves curves =
      parse_learning_curves("{\"event\":\"epoch\",\"epoch\":1,\"loss\":2}\n{\"event\":\"ep");
  EXPECT_THAT(curves.by_epoch, SizeIs(1));
  EXPECT_THAT(parse_learning_curves("").by_epoch, IsEmpty());
}

TEST(LearningCurves, NameALineThatIsNoEvent) {
  try {
    parse_learning_curves("{\"event\":\"header\"}\nnonsense\n{\"event\":\"end\"}\n");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("line 2"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("nonsense"));
  }
}

TEST(LearningCurves, KeepTheirEndsWhenThinned) {
  Curve curve{.name = "loss"};
  for (int i = 0; i < 1000; ++i) {
    curve.epochs.push_back(i);
    curve.values.push_back(2 * i);
  }
  const Curve thin = thinned(curve, 10);
  EXPECT_THAT(thin.epochs, SizeIs(10));
  EXPECT_EQ(thin.epochs.front(), 0);
  EXPECT_EQ(thin.epochs.back(), 999);
  EXPECT_EQ(thin.values.back(), 1998);
  EXPECT_THAT(thinned(curve, 1000).values, SizeIs(1000));
}

}  // namespace
}  // namespace credence
