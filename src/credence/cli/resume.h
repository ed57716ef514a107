#pragma once

#include "credence/cli/commands.h"
#include "credence/config/experiment.h"

namespace credence::cli {

/// Which training is to begin, or to go on.
struct TrainTarget {
  Experiment experiment;
  std::string resumed;       ///< the run directory that it goes on in; empty: a new run
  bool is_complete = false;  ///< there is nothing left to do there
};

struct TrainTargetOptions {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string output;
  std::string resume;  ///< empty, a run directory, or "auto"
};

/// Reads the recipe, or the configuration of the run that is to go on. With "auto" that is the run
/// directory `output`, or else the newest that this recipe has under runs/, if it is there and not
/// complete; otherwise a new run begins. If another process still writes it, that is waited for,
/// two minutes at most. One rank looks for it. Collective.
///
/// Errors  UsageError for a recipe or overrides beside a named run; DataError if there is no such
///         run; ConfigError if "auto" finds one of another configuration.
TrainTarget find_target(const TrainTargetOptions& options, Communicator& communicator);

}  // namespace credence::cli
