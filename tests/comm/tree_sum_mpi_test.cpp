#include <cmath>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/tree_sum.h"

namespace credence {
namespace {

/// Of magnitudes so unlike that sums in another order have other bits.
template <class T>
T summand(int rank, std::size_t i) {
  return static_cast<T>(
      std::sin(1.0 + rank + 7 * static_cast<double>(i)) *
      std::pow(10.0, static_cast<double>((i + 3 * static_cast<std::size_t>(rank)) % 7)));
}

/// Of ranks [begin, end), half and half.
template <class T>
T tree(int begin, int end, std::size_t i) {
  if (end - begin == 1) return summand<T>(begin, i);
  const int middle = (begin + end) / 2;
  return tree<T>(begin, middle, i) + tree<T>(middle, end, i);
}

template <class T>
void expect_tree(Communicator& ranks) {
  for (const std::size_t count : {0, 1, 2, 3, 100, 4000, 10'001}) {
    std::vector<T> sums(count);
    for (std::size_t i = 0; i < count; ++i) sums[i] = summand<T>(ranks.rank(), i);
    start_tree_sum(ranks, std::span<T>(sums), 0).wait();
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(sums[i], tree<T>(0, ranks.size(), i)) << i << " of " << count;
  }
}

TEST(TreeSum, IsThatOfTheTree) {
  expect_tree<float>(test::communicator());
  expect_tree<double>(test::communicator());
}

TEST(TreeSum, GoesOnBesideOthers) {
  Communicator& ranks = test::communicator();
  std::vector<std::vector<float>> buffers(5);
  std::vector<Request> requests;
  for (std::size_t b = 0; b < buffers.size(); ++b) {
    buffers[b].assign(3000 * b + 1, static_cast<float>(ranks.rank() + 1));
    requests.push_back(start_tree_sum(ranks, std::span<float>(buffers[b]), static_cast<int>(b)));
  }
  while (!requests.back().test()) requests.front().test();
  for (Request& request : requests) request.wait();
  const auto all = static_cast<float>(ranks.size() * (ranks.size() + 1) / 2);
  for (const auto& buffer : buffers)
    for (const float sum : buffer) ASSERT_EQ(sum, all);
}

}  // namespace
}  // namespace credence
