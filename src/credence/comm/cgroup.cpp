#include "credence/comm/cgroup.h"

#include <algorithm>
#include <sstream>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/comm/topology.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

template <class T>
T tighter(T a, T b) {
  return a <= 0 ? b : b <= 0 ? a : std::min(a, b);
}

/// A positive number of bytes; "max", or version 1's number close to 2^63, is no limit.
std::int64_t parse_bytes(const std::string& text) {
  std::istringstream in(text);
  std::int64_t bytes = 0;
  return in >> bytes && bytes < std::int64_t{1} << 60 ? bytes : 0;
}

CgroupLimits limits_of_group(const fs::path& group) {
  const std::string quota = read_file_if_any(group / "cpu.cfs_quota_us") + " " +
                            read_file_if_any(group / "cpu.cfs_period_us");  // of version 1
  return {.cpu_quota =
              tighter(parse_cpu_max(read_file_if_any(group / "cpu.max")), parse_cpu_max(quota)),
          .memory_bytes = tighter(parse_bytes(read_file_if_any(group / "memory.max")),
                                  parse_bytes(read_file_if_any(group / "memory.limit_in_bytes"))),
          .cpus = parse_cpu_list(read_file_if_any(group / "cpuset.cpus.effective") +
                                 read_file_if_any(group / "cpuset.effective_cpus"))};
}

/// The groups from `path` up to the root of their hierarchy, which is mounted at `root`.
void add_limits(CgroupLimits& limits, const fs::path& root, const fs::path& path) {
  for (fs::path group = path.relative_path();; group = group.parent_path()) {
    const CgroupLimits own = limits_of_group(group.empty() ? root : root / group);
    limits.cpu_quota = tighter(limits.cpu_quota, own.cpu_quota);
    limits.memory_bytes = tighter(limits.memory_bytes, own.memory_bytes);
    if (limits.cpus.empty()) limits.cpus = own.cpus;
    if (group.empty()) return;
  }
}

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& mount, std::string_view membership) {
  CgroupLimits limits;
  std::istringstream lines{std::string(membership)};
  // "0::/user.slice" in version 2, "4:cpu,cpuacct:/slurm/job_7" for each hierarchy of version 1.
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) {
      add_limits(limits, mount, path);
      add_limits(limits, mount / "unified", path);  // beside version 1
    }
    for (const char* const controller :
         {"cpu", "memory", "cpuset"})  // the links that all systems make
      if (("," + controllers + ",").find(concat(",", controller, ",")) != std::string::npos)
        add_limits(limits, mount / controller, path);
  }
  return limits;
}

CgroupLimits cgroup_limits() {
  return read_cgroup_limits("/sys/fs/cgroup", read_file_if_any("/proc/self/cgroup"));
}

double parse_cpu_max(const std::string& text) {
  std::istringstream in(text);
  double quota = 0, period = 0;
  return in >> quota >> period && quota > 0 && period > 0 ? quota / period : 0;
}

}  // namespace credence
