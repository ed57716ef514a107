#include "credence/distributions/sample_quantile.h"

#include <array>

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(SampleQuantile, LiesBetweenTheNearestValuesInProportion) {
  constexpr std::array values{1.0, 2.0, 4.0, 8.0, 16.0};
  EXPECT_DOUBLE_EQ(sample_quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(sample_quantile(values, 0.25), 2);
  EXPECT_DOUBLE_EQ(sample_quantile(values, 0.3), 2.4);
  EXPECT_DOUBLE_EQ(sample_quantile(values, 0.9), 12.8);
  EXPECT_DOUBLE_EQ(sample_quantile(values, 1), 16);
  EXPECT_DOUBLE_EQ(sample_quantile(std::array{3.0}, 0.7), 3);
}

}  // namespace
}  // namespace credence
