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
  EXPECT_THAT(parse_cpu_list("-4,2"), IsEmpty());
  EXPECT_EQ(parse_cpu_list("0-2147483647,1-9").size(), 65536);
}

TEST(Topology, ThisPlaceHasAHostAndCpus) {
  const RankPlace place = this_place(3);
  EXPECT_FALSE(place.host.empty());
  EXPECT_FALSE(place.cpus.empty());
  EXPECT_TRUE(std::is_sorted(place.cpus.begin(), place.cpus.end()));
  EXPECT_EQ(place.threads, 3);
  EXPECT_GE(place.host_cpus, static_cast<int>(place.cpus.size()));
}

TEST(Topology, PrintsALineForEachRank) {
  const std::vector<RankPlace> places{{"a", {0, 1}, 2}, {"b", {0, 1, 4}, 1, 1.5}};
  EXPECT_EQ(places_text(places),
            "rank 0  a  cpus 0-1  threads 2\n"
            "rank 1  b  cpus 0-1,4  threads 1  quota 1.5 CPUs\n");
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

TEST(Topology, RanksThatShareAQuotaShareThreadsToo) {
  const std::vector<int> cpus{0, 1, 2, 3, 4, 5, 6, 7};
  const auto place = [&](const char* host, double quota) {
    return RankPlace{.host = host, .cpus = cpus, .cpu_quota = quota};
  };
  EXPECT_EQ(default_threads(std::vector{place("a", 3.5)}, 0), 3);
  EXPECT_EQ(default_threads(std::vector{place("a", 0.5)}, 0), 1);
  EXPECT_EQ(default_threads(std::vector{place("a", 100)}, 0), 8);
  const std::vector<RankPlace> places{place("a", 4), place("a", 4), place("b", 4), place("c", 0)};
  EXPECT_EQ(default_threads(places, 0), 2);
  EXPECT_EQ(default_threads(places, 2), 4);
  EXPECT_EQ(default_threads(places, 3), 8);
}

TEST(Topology, WarnsOfMoreThreadsThanAQuotaIsWorth) {
  const auto places = [](int threads, double quota) {
    return std::vector<RankPlace>(2, {"a", {0, 1, 2, 3}, threads, quota});
  };
  EXPECT_THAT(oversubscription_warning(places(1, 2)), IsEmpty());
  EXPECT_THAT(oversubscription_warning(places(2, 0)), IsEmpty());
  const std::string warning = oversubscription_warning(places(2, 3.5));
  EXPECT_THAT(warning, HasSubstr("host a: 4 threads of 2 ranks may use 3.5 CPUs' worth of time"));
  EXPECT_THAT(warning, Not(HasSubstr("\n")));
}

TEST(Topology, WarnsOfMoreThreadsThanCpus) {
  EXPECT_THAT(oversubscription_warning(std::vector<RankPlace>{{"a", {0, 1}, 1}, {"a", {0, 1}, 1}}),
              IsEmpty());
  EXPECT_THAT(oversubscription_warning(std::vector<RankPlace>{{"a", {0, 1}, 2}, {"b", {0, 1}, 2}}),
              IsEmpty());
  const std::string warning =
      oversubscription_warning(std::vector<RankPlace>{{"a", {0, 1}, 2}, {"a", {0, 1}, 1}});
  EXPECT_THAT(warning, HasSubstr("host a: 3 threads of 2 ranks share 2 CPUs (0-1)"));
  EXPECT_THAT(warning, Not(HasSubstr("\n")));
}

TEST(Topology, WarnsOfRanksBoundToOneCpuWhileOthersAreFree) {
  const std::vector<RankPlace> places{{"a", {0}, 1}, {"a", {0}, 1}, {"a", {0, 1, 2, 3}, 1}};
  EXPECT_THAT(oversubscription_warning(places), HasSubstr("2 threads of 2 ranks share 1 CPU (0)"));
}

TEST(Topology, WarnsOfMasksThatOverlapInPart) {
  const std::vector<RankPlace> places{{"a", {0, 1}, 2}, {"a", {1, 2}, 2}};
  EXPECT_THAT(oversubscription_warning(places), HasSubstr("share 3 CPUs (0-2)"));
}

TEST(Topology, WarnsOfOneRankWithMoreThreadsThanCpus) {
  EXPECT_THAT(oversubscription_warning(std::vector<RankPlace>{{"a", {0, 1}, 8}}),
              HasSubstr("8 threads of 1 rank share 2 CPUs (0-1)"));
}

TEST(Topology, WarnsOfRanksBoundToFewOfTheCpus) {
  const auto place = [](const char* host, std::vector<int> cpus, double quota = 0) {
    return RankPlace{.host = host, .cpus = cpus, .cpu_quota = quota, .host_cpus = 8};
  };
  const std::vector one{place("a", {3})};
  EXPECT_EQ(binding_warning(one, "mpirun"),
            "host a: uses 1 of 8 CPUs; bound by mpirun: try --bind-to none, or -np 8");
  EXPECT_EQ(binding_warning(one, "srun"),
            "host a: uses 1 of 8 CPUs; bound by srun: try --cpus-per-task=8, or -n 8");
  EXPECT_THAT(binding_warning(std::vector{place("a", {0}), place("a", {1})}, "srun"),
              HasSubstr("try --cpus-per-task=4, or -n 8"));
  EXPECT_THAT(binding_warning(one, ""), IsEmpty());
  EXPECT_THAT(binding_warning(std::vector{place("a", {0, 1, 2}), place("a", {3, 4})}, "mpirun"),
              IsEmpty());
  EXPECT_THAT(binding_warning(std::vector{place("a", {0, 1}), place("a", {2, 3})}, "mpirun"),
              HasSubstr("uses 4 of 8 CPUs"));
  EXPECT_THAT(binding_warning(std::vector{place("a", {0}, 1.5)}, "mpirun"), IsEmpty());
  EXPECT_EQ(binding_warning(std::vector{place("a", {0}), place("b", {0, 1, 2, 3, 4})}, "mpirun"),
            "host a: uses 1 of 8 CPUs; bound by mpirun: try --bind-to none, or more ranks");
}

}  // namespace
}  // namespace credence
