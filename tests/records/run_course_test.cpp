#include "credence/records/run_course.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* header =
    R"({"event":"header","model":"cnn","dataset":"digits","parameters":100,"ranks":2,)"
    R"("threads_per_rank":1,"global_batch_size":10,"epochs":4,"steps_per_epoch":50})";
constexpr const char* step =
    R"({"event":"step","epoch":2,"step":70,"loss":0.5,"nll":0.4,"kl":3.0,"learning_rate":0.1,)"
    R"("samples_per_sec":26.0})";
constexpr const char* epoch =
    R"({"event":"epoch","epoch":2,"step":100,"loss":0.25,"accuracy":0.9,"val_nll":0.3,)"
    R"("learning_rate":0.1,"samples_per_sec":20.0,"seconds":3.0})";

TEST(RunCourse, TellsHowFarARunIs) {
  RunCourse course;
  EXPECT_EQ(course.add(header), RunCourse::Line::header);
  EXPECT_EQ(course.model, "cnn");
  EXPECT_EQ(course.ranks, 2);
  EXPECT_TRUE(std::isinf(course.seconds_left()));
  EXPECT_EQ(course.add(step), RunCourse::Line::step);
  EXPECT_EQ(course.epoch, 2);
  EXPECT_EQ(course.step_in_epoch(), 20);
  EXPECT_DOUBLE_EQ(course.seconds_left(), 130 * 10 / 26.0);
  EXPECT_THAT(course.figures, ElementsAre(Pair("loss", 0.5), Pair("nll", 0.4), Pair("kl", 3.0)));
  EXPECT_EQ(course.add(epoch), RunCourse::Line::epoch);
  EXPECT_EQ(course.step_in_epoch(), 50);
  EXPECT_THAT(course.figures, ElementsAre(Pair("loss", 0.25), Pair("accuracy", 0.9)));
  EXPECT_THAT(course.validation, ElementsAre(Pair("val_nll", 0.3)));
  EXPECT_THAT(course.losses(), ElementsAre(0.5));
}

TEST(RunCourse, ShowsLossesOfEpochsWhereStepsAreNotTold) {
  RunCourse course;
  course.add(header);
  course.add(epoch);
  EXPECT_THAT(course.losses(), ElementsAre(0.25));
}

TEST(RunCourse, EndsAndGoesOn) {
  RunCourse course;
  course.add(header);
  EXPECT_EQ(course.add(R"({"event":"end","epochs":4,"steps":200,"train_seconds":12.5})"),
            RunCourse::Line::end);
  EXPECT_TRUE(course.has_ended);
  EXPECT_EQ(course.train_seconds, 12.5);
  course.add(step);
  EXPECT_FALSE(course.has_ended);
}

TEST(RunCourse, KnowsWhichMemberOfAnEnsembleItIs) {
  RunCourse course;
  course.add(header);
  course.add(R"({"event":"epoch","epoch":1,"step":50,"member":2.0,"loss":1.0})");
  EXPECT_EQ(course.member, 2);
  EXPECT_THAT(course.figures, ElementsAre(Pair("loss", 1.0)));
}

TEST(RunCourse, PassesOverWhatItDoesNotUnderstand) {
  RunCourse course;
  for (const char* line : {"", "{", "[1]", "3", "{}", R"({"event":3})", R"({"event":"other"})"})
    EXPECT_EQ(course.add(line), RunCourse::Line::none) << line;
  EXPECT_FALSE(course.has_begun);
  course.add(header);
  EXPECT_EQ(course.add(R"({"event":"step","epoch":"x","step":null,"loss":null})"),
            RunCourse::Line::step);
  EXPECT_THAT(course.figures, IsEmpty());
}

TEST(RunCourse, CountsTheEpochsThatAreDone) {
  RunCourse course;
  course.add(R"({"event":"header","epochs":3,"steps_per_epoch":100})");
  EXPECT_EQ(course.steps(), 300);
  course.add(R"({"event":"step","epoch":1,"step":99})");
  EXPECT_EQ(course.epochs_done, 0);
  course.add(R"({"event":"epoch","epoch":1,"step":100})");
  EXPECT_EQ(course.epochs_done, 1);
  course.add(R"({"event":"step","epoch":2,"step":110})");
  EXPECT_EQ(course.epochs_done, 1);
}

TEST(RunCourse, DoesNotKnowTheLengthOfARunThatDoesNotSayIt) {
  RunCourse course;
  course.add(R"({"event":"header","model":"cnn"})");
  course.add(step);
  EXPECT_FALSE(course.knows_length());
  EXPECT_TRUE(std::isinf(course.seconds_left()));
}

TEST(Sparkline, RisesAndFallsWithTheValues) {
  EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 20), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline({7, 0}, 20), "█▁");
}

TEST(Sparkline, TakesMeansWhereThereIsNoRoom) {
  EXPECT_EQ(sparkline({0, 2, 6, 8, 8, 8}, 3), "▁▇█");
  EXPECT_EQ(sparkline({0, 1}, 0), "");
}

TEST(Sparkline, CopesWithWhatHasNoHeight) {
  EXPECT_EQ(sparkline({}, 10), "");
  EXPECT_EQ(sparkline({3, 3}, 10), "▁▁");
  EXPECT_EQ(sparkline({std::nan(""), 1, std::numeric_limits<double>::infinity(), 2}, 10), "▁█");
}

}  // namespace
}  // namespace credence
