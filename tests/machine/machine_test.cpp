#include "credence/machine/machine.h"

#include "support/temporary_folder.h"
#include <gmock/gmock.h>

#include "credence/base/version.h"

namespace credence {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The files in which a system describes itself, of a machine made for the test.
class FakeSystem : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((root_ / name).parent_path());
    root_.write(name, text + "\n");
  }

  credence::testing::TemporaryFolder root_;
};

TEST_F(FakeSystem, WithTwoNodesOfTwoCoresOfTwoThreads) {
  write("proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Fast CPU 9\nflags\t\t: fpu sse2 avx2 avx512f avx512_bf16 "
        "amx_tile avx\nprocessor\t: 1\nmodel name\t: Fast CPU 9\n");
  write("proc/meminfo", "MemTotal:       2097152 kB\nMemFree: 7 kB\nMemAvailable:    1048576 kB\n");
  write("proc/loadavg", "3.25 2.00 1.00 1/100 1234");
  write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
  const std::string cpus = "sys/devices/system/cpu/";
  write(cpus + "online", "0-7");
  for (int cpu = 0; cpu < 8; ++cpu) {
    const std::string folder = cpus + "cpu" + std::to_string(cpu) + "/";
    const std::string first = std::to_string(cpu % 4);
    const std::string sibling = std::to_string(cpu % 4 + 4);
    write(folder + "topology/thread_siblings_list", first + "," + sibling);
    write(folder + "cache/index2/size", "1024K");
    write(folder + "cache/index2/shared_cpu_list", first + "," + sibling);
    write(folder + "cache/index3/size", "16384K");
    write(folder + "cache/index3/shared_cpu_list", cpu % 4 < 2 ? "0-1,4-5" : "2-3,6-7");
  }
  write("sys/devices/system/node/online", "0-2");
  write("sys/devices/system/node/node0/cpulist", "0-1,4-5");
  write("sys/devices/system/node/node1/cpulist", "2-3,6-7");
  write("sys/devices/system/node/node2/cpulist", "");  // of memory alone
  write("sys/fs/cgroup/job/cpu.max", "300000 100000");
  write("proc/self/cgroup", "0::/job");
  write("etc/os-release", "NAME=x\nPRETTY_NAME=\"Some Linux 3\"");

  const Machine machine = read_machine(root_.path());
  EXPECT_EQ(machine.processor, "Fast CPU 9");
  EXPECT_THAT(machine.simd, ElementsAre("SSE2", "AVX", "AVX2", "AVX-512", "AVX512-BF16", "AMX"));
  EXPECT_THAT(machine.cpus, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(machine.cores, ElementsAre(ElementsAre(0, 4), ElementsAre(1, 5), ElementsAre(2, 6),
                                         ElementsAre(3, 7)));
  EXPECT_THAT(machine.numa_nodes, ElementsAre(ElementsAre(0, 1, 4, 5), ElementsAre(2, 3, 6, 7)));
  EXPECT_EQ(machine.cache_bytes, 32 << 20);
  EXPECT_EQ(machine.memory_bytes, std::int64_t{2} << 30);
  EXPECT_EQ(machine.free_memory_bytes, std::int64_t{1} << 30);
  EXPECT_EQ(machine.huge_pages, "madvise");
  EXPECT_DOUBLE_EQ(machine.load, 3.25);
  EXPECT_DOUBLE_EQ(machine.limits.cpu_quota, 3);
  EXPECT_EQ(machine.system.find("Some Linux 3, Linux"), 0U);

  EXPECT_EQ(count_groups(machine.cores, {0, 1, 4}), 2);
  EXPECT_EQ(count_groups(machine.numa_nodes, {0, 1, 4}), 1);
  EXPECT_EQ(count_groups(machine.numa_nodes, {5, 6}), 2);
  EXPECT_EQ(count_groups(machine.cores, {}), 0);
}

TEST_F(FakeSystem, OfArm) {
  write("proc/cpuinfo", "processor : 0\nFeatures : fp asimd bf16 sve\n");
  EXPECT_THAT(read_machine(root_.path()).simd, ElementsAre("NEON", "SVE", "BF16"));
}

TEST_F(FakeSystem, ThatTellsNothingIsOneNodeOfTheCpusAtHand) {
  const Machine machine = read_machine(root_.path());
  EXPECT_FALSE(machine.cpus.empty());
  EXPECT_EQ(machine.cores.size(), machine.cpus.size());
  EXPECT_THAT(machine.numa_nodes, ElementsAre(machine.cpus));
  EXPECT_THAT(machine.simd, IsEmpty());
  EXPECT_EQ(machine.huge_pages, "");
  EXPECT_EQ(machine.cache_bytes, 0);
}

TEST(Machine, IsThisOne) {
  const Machine machine = read_machine();
  EXPECT_FALSE(machine.processor.empty());
  EXPECT_THAT(machine.simd, Contains(compiled_simd()));
  EXPECT_GE(machine.cpus.size(), machine.cores.size());
  EXPECT_GT(machine.memory_bytes, std::int64_t{1} << 26);
  EXPECT_GT(machine.memory_bytes, machine.free_memory_bytes);
}

}  // namespace
}  // namespace credence
