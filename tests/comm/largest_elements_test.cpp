#include "credence/comm/largest_elements.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::uint32_t> largest(const std::vector<float>& values, std::size_t count) {
  std::vector<std::uint32_t> places = largest_elements(values, count);
  std::ranges::sort(places);
  return places;
}

TEST(LargestElements, AreThoseOfAFullSort) {
  for (const std::size_t size : {1, 2, 100, 5000}) {
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i)  // many are alike, and share a bin
      values[i] = static_cast<float>(std::round(100 * std::sin(1.0 + 7 * static_cast<double>(i))) /
                                     (i % 3 == 0 ? 1000 : 10));
    std::vector<std::uint32_t> order(size);
    for (std::uint32_t i = 0; i < size; ++i) order[i] = i;
    std::ranges::stable_sort(order, std::greater(),
                             [&](std::uint32_t i) { return std::abs(values[i]); });
    for (const std::size_t count : {std::size_t{1}, size / 100, size / 3, size - 1, size}) {
      std::vector<std::uint32_t> expected(order.begin(),
                                          order.begin() + static_cast<std::ptrdiff_t>(count));
      std::ranges::sort(expected);
      EXPECT_EQ(largest(values, count), expected) << count << " of " << size;
    }
  }
}

TEST(LargestElements, AreTheFirstOfEqualOnes) {
  EXPECT_THAT(largest({1, 0, -1, 1, 0}, 2), ElementsAre(0, 2));
  EXPECT_THAT(largest({0, 0, 0}, 2), ElementsAre(0, 1));
}

TEST(LargestElements, BeginWithWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(largest({3e38F, -infinity, 1, -nan}, 1), ElementsAre(3));
  EXPECT_THAT(largest({3e38F, -infinity, 1, -nan}, 2), ElementsAre(1, 3));
}

TEST(LargestElements, AreAllIfFewerThanAskedFor) {
  EXPECT_THAT(largest({1, 2}, 5), ElementsAre(0, 1));
  EXPECT_THAT(largest({}, 5), IsEmpty());
  EXPECT_THAT(largest({1, 2}, 0), IsEmpty());
}

}  // namespace
}  // namespace credence
