#include "credence/report/parameter_histograms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "support/variational.h"
#include <gmock/gmock.h>

#include "credence/bayes/flipout.h"
#include "credence/layers/dense.h"

namespace credence {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Pair;

/// What the bins say they hold, counted one value after the other.
std::vector<std::int64_t> counted(const std::vector<float>& values,
                                  const std::vector<double>& edges) {
  std::vector<std::int64_t> counts(edges.size() - 1);
  for (const float value : values)
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
      const bool is_last = bin + 1 == counts.size();
      if (edges[bin] <= value && (value < edges[bin + 1] || (is_last && value == edges.back())))
        ++counts[bin];
    }
  return counts;
}

TEST(Histogram, CountsEveryValueInTheBinThatHoldsIt) {
  std::mt19937 generator(3);
  std::normal_distribution<float> normal(0.3F, 2.0F);
  std::vector<float> values(10'000);
  std::ranges::generate(values, [&] { return normal(generator); });
  const Histogram histogram = histogram_of(values, 60);
  ASSERT_EQ(histogram.edges.size(), 61U);
  EXPECT_EQ(histogram.edges.front(), std::ranges::min(values));
  EXPECT_EQ(histogram.edges.back(), std::ranges::max(values));
  EXPECT_EQ(histogram.counts, counted(values, histogram.edges));
  EXPECT_EQ(histogram.count(), 10'000);
}

TEST(Histogram, CountsValuesOnEdgesAboveThem) {
  // Tenths are on edges that are rounded otherwise than their bin's number is.
  for (int bins = 1; bins < 100; ++bins) {
    std::vector<float> values;
    for (int i = 0; i <= bins; ++i) values.push_back(0.1F + 0.1F * static_cast<float>(i));
    const Histogram histogram = histogram_of(values, bins);
    EXPECT_EQ(histogram.counts, counted(values, histogram.edges)) << bins;
    EXPECT_EQ(histogram.count(), bins + 1);
  }
}

TEST(Histogram, HasBinsAroundValuesThatAreAllTheSame) {
  const Histogram same = histogram_of(std::vector<float>(7, -0.5F), 4);
  EXPECT_THAT(same.edges, ElementsAre(-0.75, -0.625, -0.5, -0.375, -0.25));
  EXPECT_EQ(same.least, -0.5);
  EXPECT_EQ(same.most, -0.5);
  EXPECT_THAT(same.counts, ElementsAre(0, 0, 7, 0));
  const Histogram zero = histogram_of(std::vector<float>(3), 2);
  EXPECT_THAT(zero.edges, ElementsAre(-0.5, 0, 0.5));
  EXPECT_THAT(zero.counts, ElementsAre(0, 3));
}

TEST(Histogram, LeavesOutWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{1, std::nanf(""), 2, infinity, -infinity};
  const Histogram histogram = histogram_of(values, 2);
  EXPECT_THAT(histogram.edges, ElementsAre(1, 1.5, 2));
  EXPECT_THAT(histogram.counts, ElementsAre(1, 1));
  EXPECT_EQ(histogram_of(std::vector<float>(2, infinity), 3).count(), 0);
}

TEST(Histogram, SumsItsValues) {
  const Histogram histogram = histogram_of(std::vector<float>{1, 2, -4}, 5);
  EXPECT_THAT(histogram.sum, DoubleEq(-1));
  EXPECT_THAT(histogram.sum_of_squares, DoubleEq(21));
}

TEST(ParameterHistograms, AreOfMuAndSigmaOrOfWeights) {
  GraphSpec graph{.name = "m", .input = {5000}};
  graph.add("dense1", dense({.units = 2})).add("dense2", dense({.units = 3}));
  make_variational(graph, {.layers = {"dense1"}}, variational<Flipout>(0.25));
  const Model model(graph, {});
  const std::vector<ParameterHistogram> histograms = parameter_histograms(model, 4);
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [layer, quantity, histogram] : histograms) names.emplace_back(layer, quantity);
  EXPECT_THAT(names, ElementsAre(Pair("dense1.weight", "mu"), Pair("dense1.weight", "sigma"),
                                 Pair("dense1.bias", "weight"), Pair("dense2.weight", "weight"),
                                 Pair("dense2.bias", "weight")));
  EXPECT_EQ(histograms[0].histogram.count(), 10'000);
  EXPECT_EQ(histograms[1].histogram.count(), 10'000);
  EXPECT_NEAR(histograms[1].histogram.sum / 10'000, 0.25, 1e-6);
  EXPECT_EQ(histograms[3].histogram.count(), 6);
}

}  // namespace
}  // namespace credence
