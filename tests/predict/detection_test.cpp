#include "credence/predict/detection.h"

#include <limits>

#include "predict/random_part.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence::test {
namespace {

TEST(Uncertainties, AreThoseOfTheExamples) {
  Predictions predictions{
      .mean = Tensor({2, 2}), .predictive_entropy = Tensor({2}), .mutual_information = Tensor({2})};
  std::ranges::copy(std::vector<float>{0.75F, 0.25F, 0.5F, 0.5F}, predictions.mean.data<float>());
  predictions.predictive_entropy.fill(0.5);
  predictions.mutual_information.data<float>()[1] = 0.25F;
  const Uncertainties all = gather_uncertainties(predictions, *self_communicator());
  EXPECT_THAT(all[0], ::testing::ElementsAre(0, 0.25));
  EXPECT_THAT(all[1], ::testing::ElementsAre(0.5, 0.5));
  EXPECT_THAT(all[2], ::testing::ElementsAre(0.25, 0.5));
  EXPECT_THAT(mean_uncertainties(all),
              ::testing::ElementsAre(std::pair("mutual_information", 0.125),
                                     std::pair("predictive_entropy", 0.5),
                                     std::pair("one_minus_confidence", 0.375)));
}

TEST(Uncertainties, MustBeNumbersOfAClassifier) {
  Predictions predictions = random_part(3).predictions;
  predictions.predictive_entropy = predictions.predictive_entropy.clone();
  predictions.predictive_entropy.data<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(gather_uncertainties(predictions, *self_communicator()), NumericalError);
  EXPECT_THROW(gather_uncertainties({.mean = Tensor({3, 2})}, *self_communicator()), ShapeError);
}

TEST(Detection, TellsTheUnfamiliarByEachMeasure) {
  const Uncertainties familiar{{{0, 1}, {1, 2}, {3, 4}}}, other{{{2, 3, 4}, {1, 2, 3}, {0, 1, 2}}};
  EXPECT_THAT(detection_auroc(familiar, other),
              ::testing::ElementsAre(std::pair("mutual_information", 1),
                                     std::pair("predictive_entropy", (0.5 + 1.5 + 2) / 6),
                                     std::pair("one_minus_confidence", 0)));
}

}  // namespace
}  // namespace credence::test
