#pragma once

#include <memory>
#include <optional>

#include "credence/records/mlflow_run.h"
#include "credence/records/run_directory.h"
#include "credence/records/scalar_observer.h"
#include "credence/records/tensorboard.h"

namespace credence {

/// What a run leaves of its course beside metrics.jsonl.
struct RecordsOptions {
  bool histograms = true;   ///< of the parameters: histograms.jsonl, and in what else is written
  bool tensorboard = true;  ///< an event file
  bool mlflow = false;      ///< a run in MLflow's store of files
  std::string mlflow_folder = "mlruns";
  std::string mlflow_experiment = "credence";

  template <class Visitor>
  void visit(Visitor& v) {
    v("histograms", histograms);
    v("tensorboard", tensorboard);
    v("mlflow", mlflow);
    v("mlflow_folder", mlflow_folder);
    v("mlflow_experiment", mlflow_experiment);
  }
};

/// Errors, before anything is trained, of what will be written elsewhere than into the run's
/// directory.
void check_creatable(const RecordsOptions& options);

/// What they are of.
struct RecordedRun {
  const RunDirectory& directory;
  const Model& model;
  std::string recipe;  ///< resolved
  std::vector<Field> hyperparameters;
  std::int64_t every_steps = 0;  ///< as of MetricsObserver
  bool moves_weights = true;     ///< whether the model's parameters follow the training
};

/// Writes them, on rank 0. In the directory of a run that is resumed they go on from where its
/// metrics.jsonl ends. Errors as the files.
class RunRecords {
 public:
  /// Before training, when metrics.jsonl ends where it begins: whatever cannot be created is found
  /// now.
  RunRecords(const RecordsOptions& options, const RecordedRun& run);
  /// A signal has ended the run.
  void end_as_killed() {
    if (mlflow_) mlflow_->end_as_killed();
  }
  RunRecords(const RunRecords&) = delete;
  RunRecords& operator=(const RunRecords&) = delete;

  std::vector<Observer*> observers() { return {&scalars_, &histograms_}; }
  /// The run is complete, its other files too.
  void finish(std::int64_t steps, const std::vector<NamedValue>& test);

 private:
  std::vector<ScalarSink> scalar_sinks();
  std::vector<HistogramSink> histogram_sinks(const Model& model, bool has_histograms);

  RunDirectory directory_;
  HistogramTime told_;  // how far metrics.jsonl goes: 0 of a run that begins
  std::optional<HistogramLog> histogram_log_;
  std::unique_ptr<TensorBoard> tensorboard_;
  std::unique_ptr<MlflowRun> mlflow_;
  ScalarObserver scalars_;
  HistogramObserver histograms_;
};

}  // namespace credence
