#include "credence/records/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

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

TEST(Histogram, OfRhoIsOfSigma) {
  const Histogram sigma = histogram_of(std::vector<float>{-2, 0, 2}, 2, Transform::softplus);
  EXPECT_NEAR(sigma.least, std::log1p(std::exp(-2.0)), 1e-7);
  EXPECT_NEAR(sigma.most, std::log1p(std::exp(2.0)), 1e-6);
  EXPECT_THAT(sigma.counts, ElementsAre(2, 1));
}

TEST(Histogram, OfFewValuesHasFewBins) {
  EXPECT_EQ(rice_bins(0), 2);
  EXPECT_EQ(rice_bins(1), 2);
  EXPECT_EQ(rice_bins(50), 8);
  EXPECT_EQ(rice_bins(100'000), 60);
  EXPECT_EQ(rice_bins(100'000, 4), 4);
}

}  // namespace
}  // namespace credence
