#pragma once

#include "credence/cli/session.h"
#include "credence/report/reported_run.h"
#include "credence/terminal/progress.h"

namespace credence::cli {

struct ReportOptions {
  std::optional<std::int64_t> samples;  ///< draws, instead of the recipe's
  std::vector<std::int64_t> examples;   ///< of the test set, whose densities are asked for
  std::vector<std::string> overrides;   ///< of the recipe: where the data are
  Progress* progress = nullptr;         ///< shows how far it has come; null: nothing
  std::string checkpoint;               ///< as of RunChoice
};

/// Adds to the figures of a run those that take its network: how it predicts its test set, its KL
/// by layer, and how it bears pruning. What cannot be had, such as data that are not there, leaves
/// a note. On rank 0 the figures are whole. Collective.
/// Errors  UsageError for an example that there is not.
void add_network_figures(ReportedRun& run, const ReportOptions& options,
                         Communicator& communicator);

}  // namespace credence::cli
