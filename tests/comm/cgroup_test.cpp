#include "credence/comm/cgroup.h"

#include "support/temporary_folder.h"
#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A tree of control groups in a temporary folder.
class Cgroup : public ::testing::Test {
 protected:
  void write(const std::string& group, const std::string& file, const std::string& text) {
    std::filesystem::create_directories(mount_ / group);
    mount_.write(group + "/" + file, text + "\n");
  }
  CgroupLimits limits(std::string_view membership) const {
    return read_cgroup_limits(mount_.path(), membership);
  }

  credence::testing::TemporaryFolder mount_;
};

TEST(CpuMax, IsQuotaOverPeriod) {
  EXPECT_DOUBLE_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_DOUBLE_EQ(parse_cpu_max("25000 50000"), 0.5);
  for (const char* none : {"max 100000\n", "-1 100000", "", "100000", "100000 0", "junk"})
    EXPECT_EQ(parse_cpu_max(none), 0) << none;
}

TEST_F(Cgroup, Version2TakesTheTightestOfTheGroupAndThoseAbove) {
  write(".", "cpuset.cpus.effective", "0-63");
  write("slurm", "cpu.max", "800000 100000");
  write("slurm", "memory.max", "8589934592");
  write("slurm", "cpuset.cpus.effective", "0-7");
  write("slurm/job_7", "cpu.max", "max 100000");
  write("slurm/job_7", "memory.max", "4294967296");
  write("slurm/job_7", "cpuset.cpus.effective", "2-3");
  const CgroupLimits found = limits("0::/slurm/job_7\n");
  EXPECT_DOUBLE_EQ(found.cpu_quota, 8);
  EXPECT_EQ(found.memory_bytes, std::int64_t{4} << 30);
  EXPECT_THAT(found.cpus, ElementsAre(2, 3));
}

TEST_F(Cgroup, Version2InAContainerIsTheMountItself) {
  write(".", "cpu.max", "150000 100000");
  write(".", "memory.max", "max");
  for (const char* path : {"0::/\n", "0::/docker/1234\n"}) {
    const CgroupLimits found = limits(path);
    EXPECT_DOUBLE_EQ(found.cpu_quota, 1.5);
    EXPECT_EQ(found.memory_bytes, 0);
    EXPECT_THAT(found.cpus, IsEmpty());
  }
}

TEST_F(Cgroup, Version1HasAHierarchyForEachController) {
  write("cpu/docker", "cpu.cfs_quota_us", "250000");
  write("cpu/docker", "cpu.cfs_period_us", "100000");
  write("memory", "memory.limit_in_bytes", "9223372036854771712");
  write("memory/box", "memory.limit_in_bytes", "1073741824");
  write("cpuset", "cpuset.effective_cpus", "0,2");
  const CgroupLimits found =
      limits("5:memory:/box\n4:cpu,cpuacct:/docker\n3:cpuset:/\n1:name=systemd:/x:y\n0::/\n");
  EXPECT_DOUBLE_EQ(found.cpu_quota, 2.5);
  EXPECT_EQ(found.memory_bytes, std::int64_t{1} << 30);
  EXPECT_THAT(found.cpus, ElementsAre(0, 2));
}

TEST_F(Cgroup, WithoutLimitsThereAreNone) {
  write("cpu", "cpu.cfs_quota_us", "-1");
  write("cpu", "cpu.cfs_period_us", "100000");
  write("memory", "memory.limit_in_bytes", "9223372036854771712");
  for (const char* membership : {"2:cpu:/\n1:memory:/\n", "", "junk\n:\n"}) {
    const CgroupLimits found = limits(membership);
    EXPECT_EQ(found.cpu_quota, 0);
    EXPECT_EQ(found.memory_bytes, 0);
    EXPECT_THAT(found.cpus, IsEmpty());
  }
}

}  // namespace
}  // namespace credence
