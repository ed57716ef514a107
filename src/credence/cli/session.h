#pragma once

#include <optional>

#include "credence/cli/commands.h"
#include "credence/comm/topology.h"
#include "credence/config/trained_model.h"
#include "credence/records/run_directory.h"

namespace credence::cli {

/// The ranks and threads of this job, with the number of threads set.
struct Resources {
  std::vector<RankPlace> places;
  int threads = 1;
  bool threads_asked = false;  ///< whether someone asked for that many
};

/// Sets this rank's threads: as asked, or (0) as OMP_NUM_THREADS says, or its share of its CPUs.
/// Quietly: without the warning, for a caller that gives it itself, once there is a log.
/// Collective.
Resources set_up_threads_quietly(Communicator& communicator, int threads);
/// The same, and warns.
Resources set_up_threads(Communicator& communicator, int threads);

/// Adds --checkpoint to a command that takes the weights of a run.
void add_checkpoint_option(CLI::App& command, std::string& checkpoint);

/// UsageError unless --samples, if given, is a number of draws.
void check_samples(const std::optional<std::int64_t>& samples);

/// Of threads that share CPUs, and of CPUs that the launcher keeps from them; empty if all is well.
std::string warning_of(const Resources& resources);

}  // namespace credence::cli
