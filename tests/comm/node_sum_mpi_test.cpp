#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/node_sum.h"
#include "credence/comm/tree_sum.h"

namespace credence::test {
namespace {

/// As if every `ranks_of_node` ranks ran on a node of their own.
std::optional<NodeGroups> groups_of(int ranks_of_node) {
  std::vector<std::string> hosts;
  for (int rank = 0; rank < communicator().size(); ++rank)
    hosts.push_back("node" + std::to_string(rank / ranks_of_node));
  return node_groups(communicator(), hosts);
}

SumBetweenNodes sum_between(SumOrder order) {
  return [order](Communicator& between, Buffer sums) {
    return make_gradient_sum(between, sums, {.order = order});
  };
}

template <class T>
std::vector<T> summands_of(int rank, int step, std::size_t count) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<T>(std::sin(static_cast<double>(i) + 0.7 * rank + 0.1 * step));
  return values;
}

/// Sums in parts, all under way at once, against the tree over all ranks.
template <class T>
void check(int ranks_of_node, const std::vector<std::size_t>& parts) {
  std::optional<NodeGroups> groups = groups_of(ranks_of_node);
  ASSERT_TRUE(groups);
  std::size_t count = 0;
  for (const std::size_t part : parts) count += part;
  std::vector<T> sums(count);
  const auto sum =
      make_node_sum(std::move(*groups), std::span<T>(sums), sum_between(SumOrder::tree));
  ASSERT_TRUE(sum);
  for (int step = 0; step < 6; ++step) {
    std::vector<T> expected = summands_of<T>(communicator().rank(), step, count);
    std::ranges::copy(expected, sums.begin());
    start_tree_sum(communicator(), std::span<T>(expected), 0).wait();
    std::vector<Request> requests;
    std::size_t begin = 0;
    for (const std::size_t part : parts) {
      requests.push_back(sum->start(begin, part));
      begin += part;
    }
    for (Request& request : requests) request.wait();
    requests.clear();
    sum->end_step();
    ASSERT_EQ(sums, expected) << ranks_of_node << " ranks a node, step " << step;
  }
}

const std::vector<std::vector<std::size_t>> partitions{
    {1}, {7}, {1024}, {5000, 1, 0, 333, 64}, std::vector<std::size_t>(250, 17), {200001}};

TEST(NodeSum, HasTheBitsOfTheTreeOverAllRanks) {
  if (communicator().size() == 1) GTEST_SKIP() << "a node of two ranks needs two";
  for (int ranks_of_node = 2; ranks_of_node <= communicator().size(); ranks_of_node *= 2) {
    for (const auto& parts : partitions) {
      check<float>(ranks_of_node, parts);
      check<double>(ranks_of_node, parts);
    }
  }
}

TEST(NodeSum, TakesAnyNumberOfRanksOfANode) {
  const int ranks = communicator().size();
  if (ranks < 4) GTEST_SKIP() << "three ranks of a node need a fourth aside";
  const auto part = communicator().split(communicator().rank() == 3 ? 1 : 0, 0);
  if (part->size() == 3) {
    auto groups = node_groups(*part, std::vector<std::string>(3, "node"));
    ASSERT_TRUE(groups);
    std::vector<double> sums(1000, part->rank() + 1);
    const auto sum = make_node_sum(std::move(*groups), std::span<double>(sums), {});
    ASSERT_TRUE(sum);
    sum->start(0, 1000).wait();
    EXPECT_EQ(sums, std::vector<double>(1000, 6));
  }
  communicator().barrier();
}

TEST(NodeGroups, NeedEquallyManyRanksOfEachNode) {
  const int ranks = communicator().size();
  std::vector<std::string> alone, uneven(static_cast<std::size_t>(ranks), "a");
  for (int rank = 0; rank < ranks; ++rank) alone.push_back("node" + std::to_string(rank));
  EXPECT_FALSE(node_groups(communicator(), alone));
  if (ranks < 4) return;
  uneven.back() = "b";
  EXPECT_FALSE(node_groups(communicator(), uneven));
  std::vector<std::string> in_turn;
  for (int rank = 0; rank < ranks; ++rank) in_turn.push_back(rank % 2 == 0 ? "a" : "b");
  const auto groups = node_groups(communicator(), in_turn);
  ASSERT_TRUE(groups);
  EXPECT_FALSE(groups->in_order);
  EXPECT_EQ(groups->node->rank(), communicator().rank() / 2);
  EXPECT_EQ(groups->between->rank(), communicator().rank() % 2);
}

}  // namespace
}  // namespace credence::test
