#include "credence/comm/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace credence {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Topology, CpuListsReadAsInLinux) {
  EXPECT_EQ(cpu_list_text(std::vector<int>{0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(cpu_list_text(std::vector<int>{3}), "3");
  EXPECT_EQ(cpu_list_text({}), "");
  EXPECT_THAT(parse_cpu_list("0-2,5,7-8"), ElementsAre(0, 1, 2, 5, 7, 8));
  EXPECT_THAT(parse_cpu_list("11"), ElementsAre(11));
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
}

TEST(Topology, ThisPlaceHasAHostAndCpus) {
  const RankPlace place = this_place(3);
  EXPECT_FALSE(place.host.empty());
  EXPECT_FALSE(place.cpus.empty());
  EXPECT_TRUE(std::is_sorted(place.cpus.begin(), place.cpus.end()));
  EXPECT_EQ(place.threads, 3);
}

TEST(Topology, PrintsALineForEachRank) {
  const std::vector<RankPlace> places{{"a", {0, 1}, 2}, {"b", {0, 1, 4}, 1}};
  EXPECT_EQ(places_text(places),
            "rank 0  a  cpus 0-1  threads 2\nrank 1  b  cpus 0-1,4  threads 1\n");
}

TEST(Topology, RanksThatShareCpusShareThreads) {
  const std::vector<RankPlace> places{{"a", {0, 1, 2, 3, 4}, 1},
                                      {"a", {0, 1, 2, 3, 4}, 1},
                                      {"a", {5}, 1},
                                      {"b", {0, 1, 2, 3, 4}, 1}};
  EXPECT_EQ(default_threads(places, 0), 2);
  EXPECT_EQ(default_threads(places, 2), 1);
  EXPECT_EQ(default_threads(places, 3), 5);
  const std::vector<RankPlace> crowd(7, {"a", {0, 1}, 1});
  EXPECT_EQ(default_threads(crowd, 6), 1);
}

TEST(Topology, WarnsOfMoreThreadsThanCpus) {
  EXPECT_THAT(oversubscription_warning(std::vector<RankPlace>{{"a", {0, 1}, 1}, {"a", {0, 1}, 1}}),
              IsEmpty());
  EXPECT_THAT(oversubscription_warning(std::vector<RankPlace>{{"a", {0, 1}, 2}, {"b", {0, 1}, 2}}),
              IsEmpty());
  const std::string warning =
      oversubscription_warning(std::vector<RankPlace>{{"a", {0, 1}, 2}, {"a", {0, 1}, 1}});
  EXPECT_THAT(warning, HasSubstr("host a: 2 ranks with 3 threads in all share 2 CPUs (0-1)"));
  EXPECT_THAT(warning, Not(HasSubstr("\n")));
}

TEST(Topology, WarnsOfRanksBoundToOneCpuWhileOthersAreFree) {
  const std::vector<RankPlace> places{{"a", {0}, 1}, {"a", {0}, 1}, {"a", {0, 1, 2, 3}, 1}};
  EXPECT_THAT(oversubscription_warning(places), HasSubstr("2 ranks with 2 threads in all share 1"));
}

TEST(Topology, WarnsOfMasksThatOverlapInPart) {
  const std::vector<RankPlace> places{{"a", {0, 1}, 2}, {"a", {1, 2}, 2}};
  EXPECT_THAT(oversubscription_warning(places), HasSubstr("share 3 CPUs (0-2)"));
}

}  // namespace
}  // namespace credence
