#include "credence/kernels/machine_peak.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/kernels/linear_map.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// The shortest of ten calls. Other programs slow any of them: the tests below leave a wide margin,
/// and find mistakes of units and work that a compiler took out.
template <class Body>
double shortest_seconds(Body body) {
  double shortest = 1e9;
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    shortest = std::min(shortest, taken.count());
  }
  return shortest;
}

class MachinePeak : public ::testing::Test {
 protected:
  void TearDown() override { set_thread_count(before_); }
  int before_ = thread_count();
};

TEST_F(MachinePeak, IsAboveWhatADenseLayerReachesAndBelowWhatAnyCoreCan) {
  set_thread_count(1);
  const auto map = make_linear_map(DenseGeometry{.inputs = 256, .outputs = 256}, DType::float32);
  const Tensor src = random_tensor({128, 256}, DType::float32, "src");
  const Tensor weights = random_tensor({256, 256}, DType::float32, "weights");
  Tensor dst({128, 256});
  const double seconds = shortest_seconds([&] { map->forward(src, weights, nullptr, dst); });
  const double peak = peak_gflops({.threads = 1, .seconds = 0.1}).best;
  EXPECT_GT(peak, 0.2 * 2.0 * 128 * 256 * 256 / seconds * 1e-9);
  EXPECT_LT(peak, 2 * 2 * 16 * 7.0);  // two units of 16 lanes at 7 GHz
}

TEST_F(MachinePeak, OfTwoThreadsIsNoMoreThanTwice) {
  set_thread_count(3);
  const double one = peak_gflops({.threads = 1, .seconds = 0.1}).best;
  const double two = peak_gflops({.threads = 2, .seconds = 0.1}).best;
  EXPECT_GT(two, 0.05 * one);
  EXPECT_LT(two, 10 * one);  // the one may have been disturbed
  EXPECT_EQ(thread_count(), 3);
}

TEST_F(MachinePeak, BandwidthIsThatOfACopyTimedByHand) {
  constexpr std::size_t bytes = 32 << 20;
  std::vector<char> from(bytes, 'a'), to(bytes, 'b');
  const double seconds = shortest_seconds([&] { std::memcpy(to.data(), from.data(), bytes); });
  const double by_hand = 2.0 * bytes / seconds * 1e-9;
  const MemoryBandwidth found = memory_bandwidth({.threads = 1, .seconds = 0.1}, bytes);
  for (const double value : {found.copy.best, found.triad.best}) {
    EXPECT_GT(value, by_hand / 20);
    EXPECT_LT(value, by_hand * 20);
  }
  EXPECT_EQ(to[bytes / 2], 'a');
}

TEST_F(MachinePeak, NormalsAreAsManyAsFilledByHand) {
  set_thread_count(1);
  Tensor dst({1 << 16});
  const double seconds =
      shortest_seconds([&] { fill_normal(dst, noise_key(1, Stream::noise, "test"), {}); });
  const double by_hand = static_cast<double>(dst.size()) / seconds;
  const PeakRate found = normals_per_sec({.threads = 1, .seconds = 0.05});
  EXPECT_GT(found.best, by_hand / 10);
  EXPECT_LT(found.best, by_hand * 10);
  EXPECT_GT(found.mean, 0);
  EXPECT_LE(found.mean, found.best * (1 + 1e-9));
}

}  // namespace
}  // namespace credence
