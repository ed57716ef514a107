#include "credence/records/scalar_observer.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class ScalarObserverTest : public ::testing::Test {
 protected:
  std::vector<NamedValue> told_;
  std::int64_t step_ = -1;
  ScalarObserver observer_{{[this](std::int64_t step, const std::vector<NamedValue>& scalars) {
                             step_ = step;
                             told_ = scalars;
                           }},
                           10};
};

TEST_F(ScalarObserverTest, TellsStepsThatMetricsJsonlTells) {
  observer_.on_step({.step = 9, .loss = 1});
  EXPECT_THAT(told_, IsEmpty());
  observer_.on_step(
      {.step = 10, .loss = 1, .nll = 0.5, .kl = 3, .learning_rate = 0.1, .samples_per_sec = 7});
  EXPECT_EQ(step_, 10);
  EXPECT_THAT(told_, ElementsAre(Pair("step/loss", 1), Pair("step/nll", 0.5), Pair("step/kl", 3),
                                 Pair("step/learning_rate", 0.1), Pair("step/samples_per_sec", 7)));
}

TEST_F(ScalarObserverTest, TellsEpochsUnderTheMembersName) {
  observer_.on_epoch({.epoch = 1,
                      .step = 20,
                      .values = {{"member", 2}, {"loss", 1}, {"val_nll", 3}},
                      .learning_rate = 0.1,
                      .samples_per_sec = 5,
                      .seconds = 6,
                      .member = 2});
  EXPECT_EQ(step_, 20);
  EXPECT_THAT(told_, ElementsAre(Pair("member_2/epoch/loss", 1), Pair("member_2/epoch/val_nll", 3),
                                 Pair("member_2/epoch/learning_rate", 0.1),
                                 Pair("member_2/epoch/samples_per_sec", 5),
                                 Pair("member_2/epoch/seconds", 6)));
}

TEST_F(ScalarObserverTest, TellsTheEnd) {
  observer_.on_end({.steps = 40, .examples = 80, .train_seconds = 4});
  EXPECT_EQ(step_, 40);
  EXPECT_THAT(told_, ElementsAre(Pair("end/train_seconds", 4), Pair("end/samples_per_sec", 20)));
}

}  // namespace
}  // namespace credence
