#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "credence/comm/cgroup.h"

namespace credence {

/// The machine that this process runs on, as its system describes it.
struct Machine {
  std::string processor;          ///< "AMD EPYC 9B14"
  std::vector<std::string> simd;  ///< vector instructions, from narrow to wide: "AVX2", "AVX-512"
  std::vector<int> cpus;          ///< all that are switched on
  std::vector<std::vector<int>> cores;       ///< the CPUs of each core
  std::vector<std::vector<int>> numa_nodes;  ///< the CPUs of each node; at least one node
  std::int64_t cache_bytes = 0;              ///< all last-level caches together; 0: unknown
  std::int64_t memory_bytes = 0;
  std::int64_t free_memory_bytes = 0;  ///< that programs can still get
  std::string huge_pages;              ///< "always", "madvise", "never"; empty: unknown
  double load = 0;                     ///< programs that wanted a CPU in the last minute
  std::string system;                  ///< "Debian GNU/Linux 12 (bookworm), Linux 6.1.0"
  CgroupLimits limits;

  /// Free, and within the limit; 0: unknown.
  std::int64_t usable_memory_bytes() const;
};

/// What is not there is left empty. `root` holds /proc, /sys and /etc: another one is for tests.
Machine read_machine(const std::filesystem::path& root = "/");

/// How many of a machine's cores (or nodes) have one of these CPUs.
int count_groups(const std::vector<std::vector<int>>& groups, const std::vector<int>& cpus);

}  // namespace credence
