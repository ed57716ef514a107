#pragma once

#include <filesystem>

#include "credence/jobs/child_process.h"
#include "credence/jobs/rank_launcher.h"
#include "credence/scaling/scaling_study.h"

namespace credence::cli {

struct ScaleRunsOptions {
  std::filesystem::path output;                              ///< of the study
  std::vector<std::pair<std::string, std::string>> recipes;  ///< name, file
  std::vector<std::string> overrides;
  std::optional<RankLauncher> launcher;  ///< none: one rank, as it is
  std::vector<HostRanks> hosts;
  std::string bind_to = "none";
  int threads = 1;  ///< of a rank
  std::int64_t steps = 50, warm_up = 10;
};

/// Trains what a study has planned, each run in a directory of its own below runs/, by the program
/// that this one is.
class ScaleRuns {
 public:
  explicit ScaleRuns(ScaleRunsOptions options) : options_(std::move(options)) {}

  /// What a run that was finished before has come to; nothing if there is none.
  std::optional<ScalingRun> find(const PlannedRun& run) const;
  /// Trains it, in place of what was left of it unfinished.
  /// Errors  Error with the program's exit code, naming the run, and what it said last; Interrupted
  ///         if a signal asks for the end.
  ScalingRun train(const PlannedRun& run) const;

 private:
  std::filesystem::path directory_of(const PlannedRun& run) const;
  std::vector<std::string> command_of(const PlannedRun& run) const;
  ScalingRun read(const PlannedRun& run) const;

  ScaleRunsOptions options_;
};

/// What a program wrote that has failed: its own messages if there are some, else its last lines.
std::string last_words(const std::string& text);

}  // namespace credence::cli
