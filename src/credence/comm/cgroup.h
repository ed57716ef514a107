#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace credence {

/// What a container or a batch system allows this process, through Linux's control groups.
struct CgroupLimits {
  double cpu_quota = 0;           ///< CPUs' worth of time; 0: no limit
  std::int64_t memory_bytes = 0;  ///< 0: no limit
  std::vector<int> cpus = {};     ///< the CPUs it may be bound to; empty: all
};

/// The tightest limits of the process's groups and of all above them, in either version of control
/// groups. `membership` is the content of /proc/self/cgroup. In a container the path that it names
/// may not exist below `mount`, which then is the container's own group.
CgroupLimits read_cgroup_limits(const std::filesystem::path& mount, std::string_view membership);
/// Of this process.
CgroupLimits cgroup_limits();

/// "150000 100000" (cpu.max: microseconds of each period) is 1.5; "max 100000" and whatever else is
/// no limit are 0.
double parse_cpu_max(const std::string& text);

}  // namespace credence
