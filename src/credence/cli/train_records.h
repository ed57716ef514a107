#pragma once

#include "credence/checkpoint/checkpoint_series.h"
#include "credence/cli/fit.h"
#include "credence/cli/header.h"
#include "credence/cli/session.h"
#include "credence/records/metrics_log.h"
#include "credence/records/metrics_observer.h"
#include "credence/records/run_records.h"
#include "credence/terminal/progress.h"
#include "credence/terminal/progress_observer.h"

namespace credence::cli {

/// What rank 0 leaves of a training: the run directory and its records, and what the terminal is
/// told. IoError, CreateError as the files.
class TrainRecords {
 public:
  struct Place {
    RunDirectoryOptions directory;
    std::string resumed;  ///< the run directory to go on in; empty: a new one
    std::vector<std::string> command_line;
  };
  /// Makes the run directory, with its configuration and environment, or goes on in one, whose
  /// metrics are cut back to what it goes on from.
  TrainRecords(const Place& place, const Experiment& experiment, const Resources& resources);

  /// After write_header().
  std::vector<Observer*> observers();
  Progress& progress() { return progress_; }
  const RunDirectory& directory() const { return directory_; }
  /// What a checkpoint says of the records.
  Metadata facts() const { return {{metrics_bytes, std::to_string(metrics_.bytes())}}; }
  /// A line, on the terminal and in the log.
  void tell(const std::string& line);

  /// What is about to be trained, and warnings.
  void write_header(Fit& fit);
  void save_weights(Fit& fit, const Inferred& inferred, const CheckpointSeries::End& end,
                    const Calibration* calibration);
  /// Where a signal has ended it.
  void end_as_killed() { run_records_->end_as_killed(); }
  /// The summary: the run is complete.
  void finish(Fit& fit, const Inferred& inferred, const std::vector<NamedValue>& test);

 private:
  Senders senders_of(Fit& fit) const;

  static constexpr const char* metrics_bytes = "metrics_bytes";

  const Experiment& experiment_;
  const Resources& resources_;
  RunDirectory directory_;
  bool is_resumed_;
  MetricsLog metrics_;
  Progress progress_;
  ProgressObserver progress_observer_;
  MetricsObserver metrics_observer_;
  std::optional<RunRecords> run_records_;
};

}  // namespace credence::cli
