#pragma once

#include <string>
#include <utility>
#include <vector>

namespace credence {

/// A host and how many ranks it takes.
struct HostRanks {
  std::string name;
  int ranks = 1;

  bool operator==(const HostRanks&) const = default;
};

/// "a:2,b" as mpirun reads it: b takes one. UsageError for anything else.
std::vector<HostRanks> parse_hosts(const std::string& text);

/// Programs that start ranks, and differ in how they are told.
enum class LauncherKind { open_mpi, mpich, srun };

struct RankLauncher {
  LauncherKind kind = LauncherKind::open_mpi;
  std::string program = "mpirun";
  std::string mpi_type = {};  ///< of srun: how the library's ranks find each other
};

/// The one for programs of an MPI library, which CommWorld::library() names: srun inside an
/// allocation of Slurm, else the mpirun that belongs to it; `asked`, if it is not empty, is its
/// name. CommError if there is none, or if it belongs to another MPI.
RankLauncher find_rank_launcher(const std::string& library, const std::string& asked = "");

struct RanksToLaunch {
  int ranks = 1;
  std::vector<HostRanks> hosts = {};  ///< empty: this one, or those of the allocation
  std::string bind_to = "none";       ///< or "core", "socket", "numa"
  /// Set for the ranks, besides what they inherit: on other hosts, by mpirun of Open MPI, that is
  /// CREDENCE_*, OMP_* and the like alone.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<std::string> options = {};  ///< more of them for the launcher
  std::vector<std::string> command;       ///< that each rank runs
};

/// What starts the ranks, and sets their variables.
std::vector<std::string> launch_command(const RankLauncher& launcher, const RanksToLaunch& job);

}  // namespace credence
