#include "support/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "credence/random/noise.h"

// Fixed seeds. A bound of 4 standard deviations fails by chance for 6 seeds in 100,000.
namespace credence {
namespace {

using test::chi_squared_z;
using test::correlation_z;
using test::mean_z;

constexpr double bound = 4.0;
constexpr std::size_t many = 2'000'000;

std::vector<double> normals(NoiseKey key, NoisePosition position, std::size_t count = many) {
  std::vector<double> x(count);
  fill_normal(std::span(x), key, position);
  return x;
}

double mean_of_power_z(std::vector<double> x, int power, double mean, double variance) {
  for (double& v : x) v = std::pow(v, power);
  return mean_z(std::span<const double>(x), mean, variance);
}

TEST(NoiseStatistics, NormalsHaveTheMomentsOfNormals) {
  const std::vector<double> x = normals(noise_key(1, Stream::posterior, "moments"), {});
  // E z^k = (k - 1)!! for even k, 0 for odd; var z^k = E z^2k - (E z^k)^2.
  EXPECT_LT(std::fabs(mean_of_power_z(x, 1, 0, 1)), bound) << "n = 2e6";
  EXPECT_LT(std::fabs(mean_of_power_z(x, 2, 1, 2)), bound);
  EXPECT_LT(std::fabs(mean_of_power_z(x, 3, 0, 15)), bound);
  EXPECT_LT(std::fabs(mean_of_power_z(x, 4, 3, 96)), bound);
  EXPECT_LT(std::fabs(mean_of_power_z(x, 6, 15, 10170)), bound);
}

TEST(NoiseStatistics, NormalsFillEquiprobableBins) {
  std::vector<double> x = normals(noise_key(2, Stream::posterior, "bins"), {});
  for (double& v : x) v = 0.5 * std::erfc(-v / std::sqrt(2.0));
  // n = 2e6, 1000 bins.
  EXPECT_LT(std::fabs(chi_squared_z(test::bin_unit(x, 1000))), bound);
}

TEST(NoiseStatistics, NormalsReachTheTails) {
  const std::vector<double> x = normals(noise_key(3, Stream::posterior, "tails"), {});
  for (const double edge : {3.0, 4.0}) {
    double beyond = 0;
    for (const double v : x) beyond += std::fabs(v) > edge ? 1.0 : 0.0;
    const double expected = many * std::erfc(edge / std::sqrt(2.0));
    EXPECT_LT(std::fabs(beyond - expected) / std::sqrt(expected), bound) << "beyond " << edge;
  }
}

TEST(NoiseStatistics, NormalsOfOneBlockAreIndependent) {
  // The four elements of a block, and those of neighbouring blocks, n = 500,000 each.
  const std::vector<double> x = normals(noise_key(4, Stream::posterior, "block"), {}, many + 8);
  for (std::size_t lane = 0; lane < 4; ++lane)
    for (std::size_t lag = 1; lag <= 4; ++lag) {
      std::vector<double> a, b, a2, b2;
      for (std::size_t i = lane; i < many; i += 4) {
        const double u = x[i], v = x[i + lag];
        a.push_back(u);
        b.push_back(v);
        a2.push_back((u * u - 1) / std::sqrt(2.0));
        b2.push_back((v * v - 1) / std::sqrt(2.0));
      }
      EXPECT_LT(std::fabs(correlation_z<double>(a, b)), bound) << lane << " lag " << lag;
      EXPECT_LT(std::fabs(correlation_z<double>(a2, b2)), bound) << lane << " lag " << lag;
    }
}

TEST(NoiseStatistics, UniformsFillEqualBins) {
  std::vector<double> u(many);
  fill_uniform(std::span(u), noise_key(5, Stream::dropout, "bins"), {});
  for (const double v : u) ASSERT_TRUE(v > 0.0 && v < 1.0);
  EXPECT_LT(std::fabs(chi_squared_z(test::bin_unit(u, 1024))), bound) << "n = 2e6";
  EXPECT_LT(std::fabs(mean_z(std::span<const double>(u), 0.5, 1.0 / 12)), bound);
}

TEST(NoiseStatistics, SignsAreBalancedForEveryChannelAndIndependentAcrossExamples) {
  // 4096 examples of 256 channels, as Flipout draws them.
  constexpr std::size_t examples = 4096, channels = 256;
  const NoiseKey key = noise_key(6, Stream::signs, "conv1");
  std::vector<double> s(examples * channels);
  for (std::size_t n = 0; n < examples; ++n)
    fill_signs(std::span(s).subspan(n * channels, channels), key,
               {.step = 3, .example = static_cast<std::uint32_t>(n)});
  const std::span<const double> all(s);
  EXPECT_LT(std::fabs(mean_z(all, 0, 1)), bound);
  const std::size_t shifted = all.size() - channels;
  EXPECT_LT(std::fabs(correlation_z(all.first(shifted), all.last(shifted))), bound);
  EXPECT_LT(std::fabs(correlation_z(all.first(all.size() - 1), all.last(all.size() - 1))), bound);
  double worst = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::size_t n = 0; n < examples; ++n) sum += s[n * channels + c];
    worst = std::max(worst, std::fabs(sum) / std::sqrt(double{examples}));
  }
  EXPECT_LT(worst, 4.8) << "the largest of 256 z";
}

TEST(NoiseStatistics, WhateverDiffersInTheKeyOrPositionGivesUncorrelatedDraws) {
  constexpr std::size_t count = 1'000'000;
  const NoiseKey key = noise_key(7, Stream::posterior, "fc1");
  const NoisePosition here{.step = 10, .example = 5, .sample = 2};
  const std::vector<double> x = normals(key, here, count);
  struct Other {
    std::string what;
    NoiseKey key;
    NoisePosition position;
  };
  const std::vector<Other> others = {
      {"seed", noise_key(8, Stream::posterior, "fc1"), here},
      {"high half of seed", noise_key(7 + (std::uint64_t{1} << 32), Stream::posterior, "fc1"),
       here},
      {"stream", noise_key(7, Stream::predict, "fc1"), here},
      {"name", noise_key(7, Stream::posterior, "fc2"), here},
      {"step", key, {.step = 11, .example = 5, .sample = 2}},
      {"high step", key, {.step = 10 + (std::uint64_t{1} << 32), .example = 5, .sample = 2}},
      {"example", key, {.step = 10, .example = 6, .sample = 2}},
      {"sample", key, {.step = 10, .example = 5, .sample = 3}}};
  for (const Other& other : others) {
    const std::vector<double> y = normals(other.key, other.position, count);
    EXPECT_NE(x, y) << other.what;
    EXPECT_LT(std::fabs(correlation_z<double>(x, y)), bound) << other.what << ", n = 1e6";
  }
}

}  // namespace
}  // namespace credence
