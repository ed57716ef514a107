#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "credence/comm/sum_speed.h"
#include "credence/comm/topology.h"
#include "credence/kernels/machine_peak.h"
#include "credence/machine/machine.h"
#include "credence/machine/output_place.h"

namespace credence {

/// Something that stands in the way of training.
struct Finding {
  std::string what;    ///< "4 threads share 2 CPUs"
  std::string why;     ///< why it matters
  std::string advice;  ///< what to do
  bool fatal = false;  ///< whether no training is possible

  bool operator==(const Finding&) const = default;
};

/// How fast a rank computes, measured on all ranks at the same time.
struct RankSpeed {
  PeakRate gflops_one_thread;
  PeakRate gflops;
  PeakRate copy_gb_per_sec;
  PeakRate triad_gb_per_sec;
  PeakRate normals_per_sec;
};

/// A build that leaves the processor's power unused.
std::vector<Finding> check_build(std::string_view build_type, std::string_view flags,
                                 std::string_view compiled_simd, const Machine& machine);

/// A host: CPUs that no thread uses, ranks across NUMA nodes, too little memory, no huge pages.
/// `places` are those of its ranks alone.
std::vector<Finding> check_host(const Machine& machine, std::span<const RankPlace> places);

/// More threads than CPUs, or than control groups allow. `places` are those of all ranks.
std::vector<Finding> check_threads(std::span<const RankPlace> places);

std::vector<Finding> check_output(const OutputPlace& output);

/// Threads that slow each other, ranks slower than the others, slow sums over ranks.
std::vector<Finding> check_speed(std::span<const RankPlace> places,
                                 std::span<const RankSpeed> speeds, const Machine& machine,
                                 const std::optional<SumSpeed>& sums);

/// What all ranks found, each thing once, with the hosts it was found on if the job has several.
std::vector<Finding> merge_findings(const std::vector<std::vector<Finding>>& by_rank,
                                    std::span<const RankPlace> places);

}  // namespace credence
