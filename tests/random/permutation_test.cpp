#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/statistics.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

const NoiseKey key = noise_key(11, Stream::shuffle, "train");

bool is_bijective(std::uint64_t size, std::uint64_t epoch) {
  const Permutation permutation(size, key, epoch);
  std::vector<bool> seen(size);
  for (std::uint64_t i = 0; i < size; ++i) {
    const std::uint64_t image = permutation(i);
    if (image >= size || seen[image]) return false;
    seen[image] = true;
  }
  return true;
}

TEST(Permutation, IsBijectiveForEverySize) {
  for (std::uint64_t size = 1; size <= 600; ++size) ASSERT_TRUE(is_bijective(size, size)) << size;
  for (std::uint64_t size = 601; size <= 3100; size += 83)
    ASSERT_TRUE(is_bijective(size, 3)) << size;
  for (const std::uint64_t size : {1023u, 1024u, 1025u, 4095u, 4096u, 4097u, 60'000u, 65'537u})
    EXPECT_TRUE(is_bijective(size, 1)) << size;
}

TEST(Permutation, HandlesTheLargestSizes) {
  for (const std::uint64_t size : {std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    const Permutation permutation(size, key, 0);
    std::vector<std::uint64_t> images;
    for (std::uint64_t i = 0; i < 1000; ++i) images.push_back(permutation(size - 1 - i));
    EXPECT_LT(*std::max_element(images.begin(), images.end()), size);
    EXPECT_GT(*std::max_element(images.begin(), images.end()), size / 2) << "fills its range";
    std::sort(images.begin(), images.end());
    EXPECT_EQ(std::adjacent_find(images.begin(), images.end()), images.end());
  }
}

TEST(Permutation, EpochsAndKeysDiffer) {
  const std::uint64_t size = 1000;
  const auto fixed_between = [](const Permutation& a, const Permutation& b) {
    int same = 0;
    for (std::uint64_t i = 0; i < size; ++i) same += a(i) == b(i) ? 1 : 0;
    return same;
  };
  const Permutation first(size, key, 0);
  EXPECT_EQ(fixed_between(first, Permutation(size, key, 0)), 1000);
  // Two random permutations agree at Poisson(1) places; above 8 with probability 1e-6.
  EXPECT_LE(fixed_between(first, Permutation(size, key, 1)), 8);
  EXPECT_LE(fixed_between(first, Permutation(size, key, std::uint64_t{1} << 32)), 8);
  EXPECT_LE(fixed_between(first, Permutation(size, noise_key(11, Stream::shuffle, "test"), 0)), 8);
}

TEST(Permutation, PutsEveryIndexEverywhereEqually) {
  // 20,000 epochs; for each of a few indices a chi-squared over the positions, |z| < 4.
  for (const std::uint64_t size : {2u, 3u, 10u, 100u})
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
      std::vector<std::int64_t> counts(size);
      for (std::uint64_t epoch = 0; epoch < 20'000; ++epoch)
        ++counts[Permutation(size, key, epoch)(index)];
      EXPECT_LT(std::fabs(test::chi_squared_z(counts)), 4.0) << size << " at " << index;
    }
}

TEST(Permutation, DrawsTheDistanceOfTwoIndicesEqually) {
  // 20,000 epochs; (p(b) - p(a)) mod n is uniform on 1 .. n - 1; 10 or 100 bins, |z| < 4. Four
  // Feistel rounds fail.
  for (const std::uint64_t size : {11u, 1001u})
    for (const std::uint64_t b : {std::uint64_t{1}, size / 2, size - 1}) {
      std::vector<std::int64_t> counts(size == 11 ? 10 : 100);
      for (std::uint64_t epoch = 0; epoch < 20'000; ++epoch) {
        const Permutation permutation(size, key, epoch);
        const std::uint64_t distance = (permutation(b) + size - permutation(0)) % size;
        ++counts[(distance - 1) * counts.size() / (size - 1)];
      }
      EXPECT_LT(std::fabs(test::chi_squared_z(counts)), 4.0) << size << " to " << b;
    }
}

TEST(Permutation, SeparatesNeighbours) {
  // The distance (p(i + 1) - p(i)) mod n of a random permutation is uniform on 1 .. n - 1.
  const std::uint64_t size = 50'000;
  const Permutation permutation(size, key, 5);
  std::vector<std::int64_t> counts(100);
  for (std::uint64_t i = 0; i + 1 < size; ++i)
    ++counts[(permutation(i + 1) + size - permutation(i)) % size * 100 / size];
  EXPECT_LT(std::fabs(test::chi_squared_z(counts)), 4.0) << "n = 50,000";
}

TEST(Permutation, RefusesAnIndexOutsideItsRange) {
  EXPECT_THROW(Permutation(10, key, 0)(10), InternalError);
  EXPECT_THROW(Permutation(0, key, 0)(0), InternalError);
}

}  // namespace
}  // namespace credence
