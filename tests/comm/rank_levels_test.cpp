#include "credence/comm/rank_levels.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int> radices(int size) {
  std::vector<int> radices;
  for (const RankLevel& level : rank_levels(0, size, 16)) radices.push_back(level.radix);
  return radices;
}

TEST(RankLevels, AreFew) {
  EXPECT_THAT(radices(1), IsEmpty());
  EXPECT_THAT(radices(6), ElementsAre(6));
  EXPECT_THAT(radices(16), ElementsAre(16));
  EXPECT_THAT(radices(24), ElementsAre(12, 2));
  EXPECT_THAT(radices(1024), ElementsAre(16, 16, 4));
  EXPECT_THAT(radices(34), ElementsAre(2, 17));  // a prime above 16
  EXPECT_THAT(radices(19), ElementsAre(19));
}

TEST(RankLevels, LeadFromEachRankToEveryOtherByOnePeerALevel) {
  for (const int size : {2, 7, 12, 48, 100}) {
    std::vector<std::set<int>> reached(static_cast<std::size_t>(size));
    for (int rank = 0; rank < size; ++rank) reached[rank] = {rank};
    const std::size_t levels = rank_levels(0, size, 16).size();
    for (std::size_t l = 0; l < levels; ++l) {
      const std::vector<std::set<int>> before = reached;
      for (int rank = 0; rank < size; ++rank) {
        const RankLevel level = rank_levels(rank, size, 16)[l];
        for (int digit = 0; digit < level.radix; ++digit) {
          const int peer = level.peer(rank, digit);
          ASSERT_TRUE(peer >= 0 && peer < size);
          ASSERT_EQ(rank_levels(peer, size, 16)[l].peer(peer, level.digit), rank);
          reached[rank].insert(before[peer].begin(), before[peer].end());
        }
      }
    }
    for (const auto& ranks : reached) EXPECT_EQ(ranks.size(), static_cast<std::size_t>(size));
  }
}

}  // namespace
}  // namespace credence
