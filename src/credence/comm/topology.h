#pragma once

#include <span>
#include <string>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// Where one rank runs.
struct RankPlace {
  std::string host;
  std::vector<int> cpus;  ///< hardware threads it may run on, ascending
  int threads = 1;        ///< threads it computes with
  double cpu_quota = 0;   ///< CPUs' worth of time that control groups allow; 0: no limit
  int host_cpus = 0;      ///< that it might be bound to: those of the host, or of its cpuset
};

/// Of this machine; "localhost" if it has none.
std::string host_name();

/// This process. CPUs are those of the affinity mask (sched_getaffinity).
RankPlace this_place(int threads);

/// Every rank's place, in rank order, on all ranks. Collective.
std::vector<RankPlace> all_places(Communicator& communicator, const RankPlace& own);

/// Hosts that the ranks run on. Collective.
int node_count(Communicator& communicator);

/// A rank's share of its CPUs: their number, divided by the ranks of the same host with the same
/// CPUs, but no more than its share of the host's quota; at least 1. Collective.
int default_threads(Communicator& communicator);
int default_threads(std::span<const RankPlace> places, int rank);

/// Ranks of a host with more threads than they have CPUs, or than their quota is worth.
struct Oversubscription {
  std::string host;
  int ranks = 0;
  int threads = 0;
  std::vector<int> cpus = {};  ///< that they share; empty if it is the quota that they exceed
  double cpu_quota = 0;

  /// "host a: 4 threads of 2 ranks share 2 CPUs (0-1)".
  std::string text() const;
};
std::vector<Oversubscription> find_oversubscription(std::span<const RankPlace> places);

/// One line for each of them, with advice; empty if there are enough CPUs.
std::string oversubscription_warning(std::span<const RankPlace> places);

/// A line for each host whose ranks the launcher (its name; empty: none) has bound to half of the
/// CPUs that they might use or fewer, with advice; else empty.
std::string binding_warning(std::span<const RankPlace> places, const std::string& launcher);

/// "rank 0  node7  cpus 0-1,4  threads 2", a line for each rank. One with a quota tells it.
std::string places_text(std::span<const RankPlace> places);

/// {0, 1, 2, 5} is "0-2,5", as in the files of Linux.
std::string cpu_list_text(std::span<const int> cpus);
/// The first 65,536 of them.
std::vector<int> parse_cpu_list(const std::string& text);

}  // namespace credence
