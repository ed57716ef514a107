#include "credence/predict/reliability.h"

#include <cmath>

#include "predict/random_part.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence::test {
namespace {

TEST(WilsonInterval, MatchesPublishedValues) {
  // Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I.
  const struct {
    double successes, trials, lower, upper;
  } cases[] = {{81, 263, 0.2553, 0.3662},
               {15, 148, 0.0624, 0.1605},
               {0, 20, 0, 0.1611},
               {1, 29, 0.0061, 0.1718}};
  for (const auto& c : cases) {
    const Interval interval = wilson_interval(c.successes, c.trials);
    EXPECT_NEAR(interval.lower, c.lower, 5e-5);
    EXPECT_NEAR(interval.upper, c.upper, 5e-5);
    const Interval mirrored = wilson_interval(c.trials - c.successes, c.trials);
    EXPECT_NEAR(mirrored.lower, 1 - c.upper, 5e-5);
    EXPECT_NEAR(mirrored.upper, 1 - c.lower, 5e-5);
  }
  EXPECT_EQ(wilson_interval(20, 20).upper, 1);
}

TEST(Reliability, BinsAddUpToTheirCalibrationError) {
  const PredictedPart part = random_part(500);
  const auto bins = reliability_bins(part, *self_communicator());
  ASSERT_EQ(bins.size(), 15U);
  double examples = 0, correct = 0, gap = 0;
  for (const ReliabilityBin& bin : bins) {
    examples += bin.examples;
    correct += bin.correct;
    gap += std::abs(bin.confidence - bin.correct);
    if (bin.examples == 0) continue;
    EXPECT_GE(bin.confidence / bin.examples, bin.lower);
    EXPECT_LE(bin.confidence / bin.examples, bin.upper);
  }
  const auto ece = make_metric("ece"), accuracy = make_metric("accuracy");
  ece->update(part.predictions, part.target);
  accuracy->update(part.predictions, part.target);
  EXPECT_EQ(examples, 500);
  EXPECT_EQ(correct / 500, accuracy->value());
  EXPECT_NEAR(gap / 500, ece->value(), 1e-12);
}

TEST(Reliability, AsTextLeavesOutWhatABinDoesNotHave) {
  EXPECT_EQ(reliability_csv(std::vector<ReliabilityBin>{
                {.lower = 0, .upper = 0.5, .examples = 0, .confidence = 0, .correct = 0},
                {.lower = 0.5, .upper = 1, .examples = 20, .confidence = 15, .correct = 20}}),
            "lower,upper,examples,mean_confidence,accuracy,accuracy_lower,accuracy_upper\n"
            "0.000000,0.500000,0,,,,\n"
            "0.500000,1.000000,20,0.750000,1.000000,0.838875,1.000000\n");
}

TEST(Coverage, OfTargetsAtEqualStepsIsNominal) {
  PredictedPart part{.end = 50};
  part.predictions.pit = Tensor({50, 2});  // 100 targets at 0.005, 0.015, ... of the distribution
  for (int i = 0; i < 100; ++i)
    part.predictions.pit.span<float>()[i] = (static_cast<float>(i) + 0.5F) / 100;
  const auto curve = coverage_curve(part, *self_communicator());
  ASSERT_EQ(curve.size(), 19U);
  EXPECT_DOUBLE_EQ(curve.front().nominal, 0.05);
  EXPECT_DOUBLE_EQ(curve.back().nominal, 0.95);
  for (const CoveragePoint& point : curve) {
    EXPECT_NEAR(point.empirical, point.nominal, 0.0101);
    EXPECT_EQ(point.targets, 100);
  }
  EXPECT_EQ(reliability_csv(std::vector<CoveragePoint>{{0.05, 0.04, 100}}),
            "nominal,empirical,targets\n0.050000,0.040000,100\n");
}

TEST(Coverage, OfPredictionsThatAreTooSureIsTooLow) {
  PredictedPart part{.end = 4};
  part.predictions.pit = Tensor({4, 1});
  const float places[] = {0.001F, 0.5F, 0.85F, 0.999F};
  std::ranges::copy(places, part.predictions.pit.data<float>());
  const auto curve = coverage_curve(part, *self_communicator());
  EXPECT_EQ(curve[0].empirical, 0.25);  // 0.05: the median alone
  EXPECT_EQ(curve[14].empirical, 0.5);  // 0.75: from 0.125 to 0.875
  EXPECT_EQ(curve[18].empirical, 0.5);  // 0.95
}

TEST(Coverage, NeedsADensity) {
  EXPECT_THROW(coverage_curve({.end = 3}, *self_communicator()), ShapeError);
}

}  // namespace
}  // namespace credence::test
