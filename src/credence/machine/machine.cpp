#include "credence/machine/machine.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include <sys/utsname.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/comm/topology.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

/// The value behind `key` in a text of lines such as "model name : ..." or NAME="...".
std::string value_of(const std::string& text, std::string_view key, char separator) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t middle = line.find(separator);
    if (middle == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t\"", middle + 1);
    const std::size_t end = line.find_last_not_of(" \t\"");
    if (begin != std::string::npos) return line.substr(begin, end - begin + 1);
  }
  return {};
}

/// What /proc/cpuinfo calls the instructions that Credence may use.
std::vector<std::string> simd_of(const std::string& cpuinfo) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> known{
      {{"sse2", "SSE2"},
       {"avx", "AVX"},
       {"avx2", "AVX2"},
       {"avx512f", "AVX-512"},
       {"avx512_bf16", "AVX512-BF16"},
       {"amx_tile", "AMX"},
       {"asimd", "NEON"},
       {"sve", "SVE"},
       {"bf16", "BF16"}}};
  const std::string x86 = value_of(cpuinfo, "flags", ':');
  std::istringstream words(x86.empty() ? value_of(cpuinfo, "Features", ':') : x86);
  std::set<std::string> flags;
  for (std::string word; words >> word;) flags.insert(word);
  std::vector<std::string> simd;
  for (const auto& [flag, name] : known)
    if (flags.count(std::string(flag)) > 0) simd.emplace_back(name);
  return simd;
}

/// The lists of CPUs in one file of each CPU's folder, each list once.
std::vector<std::vector<int>> groups_of(const fs::path& folder, const std::vector<int>& cpus,
                                        const std::string& file) {
  std::set<std::vector<int>> groups;
  for (const int cpu : cpus) {
    std::vector<int> group = parse_cpu_list(read_file_if_any(folder / concat("cpu", cpu) / file));
    groups.insert(group.empty() ? std::vector{cpu} : std::move(group));
  }
  return {groups.begin(), groups.end()};
}

std::vector<std::vector<int>> numa_nodes_of(const fs::path& folder, const std::vector<int>& all) {
  std::vector<std::vector<int>> nodes;
  for (const int node : parse_cpu_list(read_file_if_any(folder / "online"))) {
    std::vector<int> cpus =
        parse_cpu_list(read_file_if_any(folder / concat("node", node) / "cpulist"));
    if (!cpus.empty()) nodes.push_back(std::move(cpus));  // a node may be memory alone
  }
  return nodes.empty() ? std::vector<std::vector<int>>{all} : nodes;
}

/// "32768K", "1M", "24684084 kB".
std::int64_t parse_size(const std::string& text) {
  std::istringstream in(text);
  std::int64_t size = 0;
  char unit = ' ';
  in >> size >> unit;
  const std::size_t power = std::string_view(" KMG").find(unit == 'k' ? 'K' : unit);
  return power == std::string_view::npos ? size : size << (10 * power);
}

/// Of the largest index that CPUs have, each cache that some of them share counted once.
std::int64_t cache_bytes_of(const fs::path& folder, const std::vector<int>& cpus) {
  for (int index = 4; index >= 2; --index) {
    std::map<std::string, std::int64_t> caches;
    for (const int cpu : cpus) {
      const fs::path cache = folder / concat("cpu", cpu) / "cache" / concat("index", index);
      const std::string size = read_file_if_any(cache / "size");
      if (!size.empty()) caches[read_file_if_any(cache / "shared_cpu_list")] = parse_size(size);
    }
    std::int64_t bytes = 0;
    for (const auto& cache : caches) bytes += cache.second;
    if (bytes > 0) return bytes;
  }
  return 0;
}

/// "always [madvise] never" is "madvise".
std::string chosen(const std::string& text) {
  const std::size_t begin = text.find('['), end = text.find(']');
  return begin < end && end != std::string::npos ? text.substr(begin + 1, end - begin - 1) : "";
}

std::string system_of(const fs::path& root) {
  utsname system{};
  const std::string kernel =
      ::uname(&system) == 0 ? std::string(system.sysname) + " " + system.release : "unknown";
  const std::string name = value_of(read_file_if_any(root / "etc/os-release"), "PRETTY_NAME", '=');
  return name.empty() ? kernel : name + ", " + kernel;
}

std::string processor_of(const std::string& cpuinfo) {
  const std::string name = value_of(cpuinfo, "model name", ':');
  utsname system{};
  return name.empty() && ::uname(&system) == 0 ? system.machine : name;
}

}  // namespace

Machine read_machine(const fs::path& root) {
  const std::string cpuinfo = read_file_if_any(root / "proc/cpuinfo");
  const std::string meminfo = read_file_if_any(root / "proc/meminfo");
  const fs::path devices = root / "sys/devices/system";
  Machine machine;
  machine.processor = processor_of(cpuinfo);
  machine.simd = simd_of(cpuinfo);
  machine.cpus = parse_cpu_list(read_file_if_any(devices / "cpu/online"));
  if (machine.cpus.empty()) machine.cpus = this_place(1).cpus;
  machine.cores = groups_of(devices / "cpu", machine.cpus, "topology/thread_siblings_list");
  machine.numa_nodes = numa_nodes_of(devices / "node", machine.cpus);
  machine.cache_bytes = cache_bytes_of(devices / "cpu", machine.cpus);
  machine.memory_bytes = parse_size(value_of(meminfo, "MemTotal", ':'));
  machine.free_memory_bytes = parse_size(value_of(meminfo, "MemAvailable", ':'));
  machine.huge_pages =
      chosen(read_file_if_any(root / "sys/kernel/mm/transparent_hugepage/enabled"));
  std::istringstream(read_file_if_any(root / "proc/loadavg")) >> machine.load;
  machine.system = system_of(root);
  machine.limits =
      read_cgroup_limits(root / "sys/fs/cgroup", read_file_if_any(root / "proc/self/cgroup"));
  return machine;
}

std::int64_t Machine::usable_memory_bytes() const {
  const std::int64_t limit = limits.memory_bytes;
  return limit > 0 ? std::min(limit, free_memory_bytes) : free_memory_bytes;
}

int count_groups(const std::vector<std::vector<int>>& groups, const std::vector<int>& cpus) {
  const auto has_one = [&](const std::vector<int>& group) {
    return std::ranges::any_of(group, [&](int cpu) { return std::ranges::count(cpus, cpu) > 0; });
  };
  return static_cast<int>(std::ranges::count_if(groups, has_one));
}

}  // namespace credence
