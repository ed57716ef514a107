#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/gather.h"
#include "credence/comm/topology.h"

namespace credence::test {
namespace {

TEST(Gather, TextsOfAnyLengthComeInRankOrder) {
  const auto text_of = [](int rank) {
    return std::string(static_cast<std::size_t>(rank * 3), 'x');
  };
  const auto texts = all_gather_text(communicator(), text_of(communicator().rank()));
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(communicator().size()));
  for (int rank = 0; rank < communicator().size(); ++rank)
    EXPECT_EQ(texts[static_cast<std::size_t>(rank)], text_of(rank));
}

TEST(Gather, NumbersAndRecordsOfAnyCountComeInRankOrder) {
  struct Pair {
    double first, second;
  };
  const auto count_of = [](int rank) { return static_cast<std::size_t>((rank + 1) % 3); };
  const int own_rank = communicator().rank();
  std::vector<Pair> own, expected;
  for (std::size_t i = 0; i < count_of(own_rank); ++i) own.push_back({own_rank + 0.5, double(i)});
  for (int rank = 0; rank < communicator().size(); ++rank)
    for (std::size_t i = 0; i < count_of(rank); ++i) expected.push_back({rank + 0.5, double(i)});
  const auto all = all_gather_records<Pair>(communicator(), own);
  ASSERT_EQ(all.size(), expected.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].first, expected[i].first);
    EXPECT_EQ(all[i].second, expected[i].second);
  }
  EXPECT_TRUE(all_gather_numbers(communicator(), {}).empty());
}

TEST(Topology, EveryRankLearnsAllPlaces) {
  RankPlace own = this_place(10 + communicator().rank());
  own.cpu_quota = 0.5 + communicator().rank();
  const auto places = all_places(communicator(), own);
  ASSERT_EQ(places.size(), static_cast<std::size_t>(communicator().size()));
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    EXPECT_EQ(places[rank].threads, 10 + static_cast<int>(rank));
    EXPECT_EQ(places[rank].cpu_quota, 0.5 + static_cast<double>(rank));
  }
  const RankPlace& seen = places[static_cast<std::size_t>(communicator().rank())];
  EXPECT_EQ(seen.host, own.host);
  EXPECT_EQ(seen.cpus, own.cpus);
}

TEST(Topology, ThreadsOfAllRanksFitTheirCpus) {
  const int threads = default_threads(communicator());
  const auto cpus = static_cast<int>(this_place(1).cpus.size());
  EXPECT_GE(threads, 1);
  EXPECT_LE(threads * communicator().size(), std::max(cpus, communicator().size()));
}

}  // namespace
}  // namespace credence::test
