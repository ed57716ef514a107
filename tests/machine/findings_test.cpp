#include "credence/machine/findings.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

auto says(const std::string& text) {
  return Field(&Finding::what, HasSubstr(text));
}

/// Eight cores in two nodes, with memory to spare.
Machine good_machine() {
  Machine machine;
  machine.simd = {"SSE2", "AVX", "AVX2", "AVX-512", "AMX"};
  machine.numa_nodes = {{0, 1, 2, 3}, {4, 5, 6, 7}};
  for (int cpu = 0; cpu < 8; ++cpu) {
    machine.cpus.push_back(cpu);
    machine.cores.push_back({cpu});
  }
  machine.memory_bytes = std::int64_t{64} << 30;
  machine.free_memory_bytes = std::int64_t{60} << 30;
  machine.huge_pages = "madvise";
  return machine;
}

std::vector<RankPlace> a_rank_on_each_node() {
  return {{"a", {0, 1, 2, 3}, 4}, {"a", {4, 5, 6, 7}, 4}};
}

RankSpeed speed(double one_thread, double all) {
  RankSpeed speed;
  speed.gflops_one_thread = {one_thread, one_thread};
  speed.gflops = {all, all};
  return speed;
}

TEST(CheckBuild, OfARelease) {
  const Machine machine = good_machine();
  EXPECT_THAT(check_build("Release", "-O3 -march=native", "AVX-512", machine), IsEmpty());
  EXPECT_THAT(check_build("Debug", "-g", "AVX-512", machine), ElementsAre(says("not optimised")));
  EXPECT_THAT(check_build("RelWithDebInfo", "-O2 -fsanitize=address", "AVX-512", machine),
              ElementsAre(says("sanitizers")));
}

TEST(CheckBuild, ForTheProcessor) {
  Machine machine = good_machine();
  EXPECT_THAT(check_build("Release", "", "SSE2", machine),
              ElementsAre(says("for SSE2; the processor has AVX-512")));
  machine.simd = {"SSE2", "AVX", "AVX2"};
  EXPECT_THAT(check_build("Release", "", "AVX", machine), ElementsAre(says("processor has AVX2")));
  EXPECT_THAT(check_build("Release", "", "AVX2", machine), IsEmpty());
  machine.simd = {"NEON", "SVE"};
  EXPECT_THAT(check_build("Release", "", "NEON", machine), IsEmpty());
  EXPECT_THAT(check_build("Release", "", "", machine), IsEmpty());
}

TEST(CheckHost, WithARankOnEachNodeIsFine) {
  EXPECT_THAT(check_host(good_machine(), a_rank_on_each_node()), IsEmpty());
}

TEST(CheckHost, FindsCoresThatNobodyUses) {
  const std::vector<RankPlace> bound{{"a", {0}, 1}, {"a", {1}, 1}};
  const auto findings = check_host(good_machine(), bound);
  ASSERT_THAT(findings, ElementsAre(says("Only 2 of 8 cores used: 2 threads of 2 ranks")));
  EXPECT_THAT(findings[0].advice, HasSubstr("--bind-to none"));
  const std::vector<RankPlace> few{{"a", {0, 1, 2, 3, 4, 5, 6, 7}, 1}};
  const auto asked = check_host(good_machine(), few);
  ASSERT_THAT(asked, ElementsAre(says("Only 1 of 8 cores used: 1 thread of 1 rank")));
  EXPECT_THAT(asked[0].advice, HasSubstr("--threads"));
}

TEST(CheckHost, KnowsThatAJobHasOnlySomeCoresOrLessTime) {
  const std::vector<RankPlace> places{{"a", {0, 1}, 2}};
  Machine machine = good_machine();
  machine.limits.cpus = {0, 1};
  EXPECT_THAT(check_host(machine, places), IsEmpty());
  machine.limits.cpus = {};
  machine.limits.cpu_quota = 2.5;
  EXPECT_THAT(check_host(machine, places), IsEmpty());
  machine.limits.cpu_quota = 3;
  EXPECT_THAT(check_host(machine, places), ElementsAre(says("Only 2 of 3 cores")));
}

TEST(CheckHost, CountsCoresAndNotTheirHardwareThreads) {
  Machine machine = good_machine();
  machine.cores = {{0, 4}, {1, 5}, {2, 6}, {3, 7}};
  machine.numa_nodes = {machine.cpus};
  EXPECT_THAT(check_host(machine, std::vector<RankPlace>{{"a", machine.cpus, 4}}), IsEmpty());
}

TEST(CheckHost, FindsARankAcrossNodes) {
  const std::vector<RankPlace> across{{"a", {0, 1, 2, 3, 4, 5, 6, 7}, 8}};
  EXPECT_THAT(check_host(good_machine(), across), ElementsAre(says("2 NUMA nodes")));
}

TEST(CheckHost, FindsTooLittleMemoryForItsRanks) {
  Machine machine = good_machine();
  machine.limits.memory_bytes = std::int64_t{512} << 20;
  EXPECT_THAT(check_host(machine, a_rank_on_each_node()), IsEmpty());
  machine.limits.memory_bytes -= 1;
  EXPECT_THAT(check_host(machine, a_rank_on_each_node()),
              ElementsAre(says("of memory for 2 ranks")));
  machine.limits.memory_bytes = 0;
  machine.free_memory_bytes = std::int64_t{300} << 20;
  EXPECT_THAT(check_host(machine, a_rank_on_each_node()), ElementsAre(says("300 MiB of memory")));
}

TEST(CheckHost, FindsThatHugePagesAreOff) {
  Machine machine = good_machine();
  for (const char* setting : {"always", "madvise", ""}) {
    machine.huge_pages = setting;
    EXPECT_THAT(check_host(machine, a_rank_on_each_node()), IsEmpty());
  }
  machine.huge_pages = "never";
  EXPECT_THAT(check_host(machine, a_rank_on_each_node()), ElementsAre(says("Huge pages")));
}

TEST(CheckThreads, TellsCpusFromQuota) {
  EXPECT_THAT(check_threads(a_rank_on_each_node()), IsEmpty());
  EXPECT_THAT(check_threads(std::vector<RankPlace>{{"a", {0, 1}, 4}}),
              ElementsAre(says("4 threads of 1 rank share 2 CPUs (0-1)")));
  const auto quota = check_threads(std::vector<RankPlace>{{"a", {0, 1, 2, 3}, 4, 1.5}});
  ASSERT_THAT(quota, ElementsAre(says("may use 1.5 CPUs' worth of time")));
  EXPECT_THAT(quota[0].why, HasSubstr("cpu.max"));
}

TEST(CheckOutput, FindsWhatStopsARun) {
  OutputPlace output{.path = "/data/runs", .file_system = "ext4", .free_bytes = 1LL << 30};
  EXPECT_THAT(check_output(output), IsEmpty());
  output.free_bytes = 1 << 20;
  EXPECT_THAT(check_output(output), ElementsAre(says("1.0 MiB free in /data/runs")));
  output.free_bytes = 1LL << 34;
  output.file_system = "tmpfs";
  EXPECT_THAT(check_output(output), ElementsAre(says("lies in memory (tmpfs)")));
  output.problem = "/data: Permission denied";
  const auto fatal = check_output(output);
  ASSERT_THAT(fatal, ElementsAre(says("No run can be written to /data/runs")));
  EXPECT_TRUE(fatal[0].fatal);
  EXPECT_THAT(fatal[0].why, HasSubstr("Permission denied"));
}

TEST(CheckSpeed, OfAGoodMachine) {
  const std::vector<RankSpeed> speeds{speed(100, 300), speed(100, 290)};
  EXPECT_THAT(check_speed(a_rank_on_each_node(), speeds, good_machine(), SumSpeed{1e-6, 5}),
              IsEmpty());
}

TEST(CheckSpeed, FindsThreadsThatDoNotHelp) {
  const std::vector<RankSpeed> speeds{speed(100, 300), speed(100, 190)};
  EXPECT_THAT(check_speed(a_rank_on_each_node(), speeds, good_machine(), std::nullopt),
              ElementsAre(says("4 threads compute 1.9 times as fast as one (rank 1)")));
}

TEST(CheckSpeed, TellsABusyMachineFromThreadsThatDoNotHelp) {
  std::vector<RankSpeed> speeds{speed(100, 300), speed(100, 300)};
  speeds[0].gflops = {.best = 310, .mean = 120};
  speeds[0].gflops_one_thread = {.best = 100, .mean = 40};
  EXPECT_THAT(check_speed(a_rank_on_each_node(), speeds, good_machine(), std::nullopt),
              Contains(says("The machine is busy: 4 threads compute 310.0 GFLOP/s at best, "
                            "120.0 on average (rank 0)")));
}

TEST(CheckSpeed, DoesNotAskHardwareThreadsToComputeAsCoresDo) {
  Machine machine = good_machine();
  machine.cores = {{0, 1}, {2, 3}, {4, 5}, {6, 7}};
  const std::vector<RankSpeed> speeds{speed(100, 190), speed(100, 190)};
  EXPECT_THAT(check_speed(a_rank_on_each_node(), speeds, machine, std::nullopt), IsEmpty());
}

TEST(CheckSpeed, NamesRanksThatHoldUpTheOthers) {
  std::vector<RankPlace> places;
  std::vector<RankSpeed> speeds;
  for (int rank = 0; rank < 12; ++rank) {
    places.push_back({"node" + std::to_string(rank), {0}, 1});
    speeds.push_back(speed(100, rank < 5 ? 50 : 100));
  }
  EXPECT_THAT(check_speed(places, speeds, good_machine(), std::nullopt),
              ElementsAre(says("rank 0 on node0 (50%), rank 1 on node1 (50%), "
                               "rank 2 on node2 (50%) and 2 more")));
}

TEST(CheckSpeed, FindsSlowSums) {
  const std::vector<RankSpeed> speeds{speed(100, 300), speed(100, 300)};
  const auto findings =
      check_speed(a_rank_on_each_node(), speeds, good_machine(), SumSpeed{1e-3, 0.1});
  ASSERT_THAT(findings, ElementsAre(says("The ranks sum 0.100 GB/s")));
  EXPECT_THAT(findings[0].why, HasSubstr("take 40 ms"));
}

TEST(CheckSpeed, LeavesTooManyThreadsToCheckThreads) {
  const std::vector<RankPlace> crowd{{"a", {0}, 4}, {"a", {0}, 4}};
  const std::vector<RankSpeed> speeds{speed(100, 50), speed(100, 20)};
  EXPECT_THAT(check_speed(crowd, speeds, good_machine(), SumSpeed{1e-3, 0.1}), IsEmpty());
}

TEST(MergeFindings, NamesEachOnceWithItsHosts) {
  const Finding slow{"slow", "why", "advice"}, full{"full", "why", "advice"};
  std::vector<RankPlace> places;
  for (const char* host : {"a", "a", "b", "c", "d", "e"}) places.push_back({.host = host});
  const std::vector<std::vector<Finding>> by_rank{{slow}, {slow}, {slow, full}, {slow}, {}, {slow}};
  const auto merged = merge_findings(by_rank, places);
  ASSERT_THAT(merged, ElementsAre(says("slow (a, b, c and 1 more)"), says("full (b)")));
  EXPECT_EQ(merged[0].advice, "advice");
}

TEST(MergeFindings, DoesNotNameTheOnlyHost) {
  const std::vector<RankPlace> places(2, {.host = "a"});
  EXPECT_THAT(merge_findings({{{"slow"}}, {{"slow"}}}, places), ElementsAre(Finding{"slow"}));
}

}  // namespace
}  // namespace credence
