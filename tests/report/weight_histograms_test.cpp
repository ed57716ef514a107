#include "credence/report/weight_histograms.h"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string line(int epoch) {
  return concat("{\"epoch\":", epoch, ",\"step\":", 10 * epoch,
                ",\"layer\":\"conv1.weight\",\"quantity\":\"mu\",\"edges\":[-1,0,1],"
                "\"counts\":[3,4]}\n");
}

std::string error_of(const std::string& text) {
  try {
    parse_weight_histograms(text);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(WeightHistograms, AreReadLineByLine) {
  const auto histograms = parse_weight_histograms(line(1) + line(2) + "{\"epoch\":3,\"st");
  ASSERT_THAT(histograms, SizeIs(2));
  EXPECT_EQ(histograms[1].epoch, 2);
  EXPECT_EQ(histograms[1].step, 20);
  EXPECT_EQ(histograms[1].layer, "conv1.weight");
  EXPECT_EQ(histograms[1].quantity, "mu");
  EXPECT_THAT(histograms[1].edges, ElementsAre(-1, 0, 1));
  EXPECT_THAT(histograms[1].counts, ElementsAre(3, 4));
}

TEST(WeightHistograms, MayBeOfWeightsWithoutPosterior) {
  const auto histograms = parse_weight_histograms(
      "{\"epoch\":1,\"step\":9,\"layer\":\"dense1.weight\",\"quantity\":\"weight\","
      "\"edges\":[0,1],\"counts\":[7]}\n");
  ASSERT_THAT(histograms, SizeIs(1));
  EXPECT_EQ(histograms[0].quantity, "weight");
}

TEST(WeightHistograms, NameALineThatIsNone) {
  EXPECT_THAT(error_of(line(1) + "{}\n" + line(2)), HasSubstr("line 2"));
  EXPECT_THAT(
      error_of("{\"epoch\":1,\"step\":1,\"layer\":\"a\",\"quantity\":\"mu\",\"edges\":[0,1],"
               "\"counts\":[1,2]}\n"),
      HasSubstr("got 2 and 2"));
  EXPECT_THAT(
      error_of("{\"epoch\":1,\"step\":1,\"layer\":\"a\",\"quantity\":\"rho\",\"edges\":[0,1],"
               "\"counts\":[1]}\n"),
      HasSubstr("got rho"));
}

TEST(WeightHistograms, OfACheckpointCountEveryWeight) {
  Tensor mu({4}), rho({4}), bias({2}), moment({4});
  const float values[] = {-1, 0, 1, 3};
  std::ranges::copy(values, mu.data<float>());
  std::ranges::fill(rho.span<float>(), -2.0F);
  const SafetensorsFile file{.metadata = {{"epoch", "5"}, {"step", "90"}},
                             .tensors = {{"dense1.weight_mu", mu},
                                         {"dense1.weight_rho", rho},
                                         {"dense1.bias", bias},
                                         {"optimizer.dense1.weight_mu", moment}}};
  const auto histograms = weight_histograms(file, 4);
  ASSERT_THAT(histograms, SizeIs(2));
  EXPECT_EQ(histograms[0].layer, "dense1.weight");
  EXPECT_EQ(histograms[0].epoch, 5);
  EXPECT_EQ(histograms[0].step, 90);
  EXPECT_THAT(histograms[0].edges, ElementsAre(-1, 0, 1, 2, 3));
  EXPECT_THAT(histograms[0].counts, ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(histograms[1].quantity, "sigma");
  const double sigma = std::log1p(std::exp(-2.0));
  EXPECT_LT(histograms[1].edges.front(), sigma);
  EXPECT_GT(histograms[1].edges.back(), sigma);
  EXPECT_EQ(std::accumulate(histograms[1].counts.begin(), histograms[1].counts.end(), 0.0), 4);
}

TEST(WeightHistograms, OfFewWeightsHaveFewBins) {
  for (const auto& [weights, bins] : {std::pair(1, 2), std::pair(50, 8), std::pair(100'000, 60)}) {
    Tensor mu({weights});
    for (int i = 0; i < weights; ++i) mu.data<float>()[i] = static_cast<float>(i);
    const auto histograms =
        weight_histograms({.metadata = {}, .tensors = {{"dense1.weight_mu", mu}}});
    ASSERT_THAT(histograms, SizeIs(1));
    EXPECT_EQ(histograms[0].counts.size(), static_cast<std::size_t>(bins)) << weights;
  }
}

TEST(WeightHistograms, OfAPosteriorBesideTheWeights) {
  Tensor mean({3}), sigma({3}), samples({2, 3});
  mean.span<float>()[2] = 1;
  sigma.span<float>()[1] = 1;
  const auto histograms =
      weight_histograms({.metadata = {},
                         .tensors = {{"dense1.weight", mean},
                                     {"posterior.gaussian.mean.dense1.weight", mean},
                                     {"posterior.gaussian.sigma.dense1.weight", sigma},
                                     {"posterior.stored.dense1.weight_mu", samples}}});
  ASSERT_THAT(histograms, SizeIs(2));
  EXPECT_EQ(histograms[0].layer, "dense1.weight");
  EXPECT_EQ(histograms[0].quantity, "mu");
  EXPECT_EQ(histograms[1].quantity, "sigma");
  EXPECT_THAT(weight_histograms({.metadata = {}, .tensors = {{"dense1.weight", mean}}}), IsEmpty());
}

TEST(WeightHistograms, KeepFirstAndLastMomentWhenThinned) {
  std::string text;
  for (int epoch = 1; epoch <= 100; ++epoch) text += line(epoch);
  const auto thin = thinned(parse_weight_histograms(text), 5);
  ASSERT_THAT(thin, SizeIs(5));
  EXPECT_EQ(thin.front().epoch, 1);
  EXPECT_EQ(thin.back().epoch, 100);
}

}  // namespace
}  // namespace credence
