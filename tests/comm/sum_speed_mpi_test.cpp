#include <array>
#include <chrono>
#include <vector>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/sum_speed.h"

namespace credence::test {
namespace {

/// The same by hand: 10^9 bytes a second, once.
double gb_per_sec_by_hand() {
  std::vector<float> buffer(std::size_t{4} << 20);
  communicator().barrier();
  const auto start = std::chrono::steady_clock::now();
  communicator().sum(std::span(buffer));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return 4.0 * static_cast<double>(buffer.size()) / taken.count() * 1e-9;
}

TEST(SumSpeed, IsTheSameOnAllRanks) {
  const SumSpeed speed = measure_sums(communicator(), 0.1);
  std::array<double, 2> first{speed.latency_s, speed.gb_per_sec};
  communicator().broadcast(std::span<double>(first), 0);
  EXPECT_EQ(speed.latency_s, first[0]);
  EXPECT_EQ(speed.gb_per_sec, first[1]);
}

TEST(SumSpeed, IsThatOfASumTimedByHand) {
  const SumSpeed speed = measure_sums(communicator(), 0.2);
  const double by_hand = gb_per_sec_by_hand();
  if (communicator().size() == 1) return;
  // Other programs slow either of the two: only a mistake of units is beyond doubt.
  EXPECT_GT(speed.gb_per_sec, by_hand / 50);
  EXPECT_LT(speed.gb_per_sec, by_hand * 50);
  EXPECT_GT(speed.latency_s, 1e-8);
  EXPECT_LT(speed.latency_s, 16.777216e-3 / speed.gb_per_sec);
}

}  // namespace
}  // namespace credence::test
