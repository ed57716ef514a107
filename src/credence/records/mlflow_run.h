#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "credence/base/json.h"
#include "credence/predict/predictor.h"

namespace credence {

struct MlflowOptions {
  std::filesystem::path folder = "mlruns";  ///< of all experiments; made if there is none
  std::string experiment = "credence";      ///< by name; made if there is none
  std::string run_name = "run";
  std::function<std::int64_t()> clock_ms = {};  ///< since 1970; the system's unless given
};

/// A run in MLflow's store of files, where `mlflow ui --backend-store-uri FOLDER` finds it:
///
///   <folder>/<experiment id>/meta.yaml
///   <folder>/<experiment id>/<run id>/meta.yaml, params/, metrics/, tags/, artifacts/
///
/// A run that has not ended by the time it is destroyed has failed.
///
/// Errors  CreateError, IoError; DataError for a meta.yaml that has no name.
/// Source  mlflow/store/tracking/file_store.py of MLflow 2.
class MlflowRun {
 public:
  explicit MlflowRun(const MlflowOptions& options);
  ~MlflowRun();
  MlflowRun(const MlflowRun&) = delete;
  MlflowRun& operator=(const MlflowRun&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Characters that MLflow does not take in names become "_"; values are cut at its 6000.
  void write_parameters(std::span<const Field> parameters);
  void write_tag(const std::string& name, const std::string& value);
  void write(std::int64_t step, const std::vector<NamedValue>& metrics);
  /// Copies the file. One that is not there is left out.
  void add_artifact(const std::filesystem::path& file);
  void finish() { end(Status::finished); }
  /// Where a signal has ended it.
  void end_as_killed() { end(Status::killed); }

 private:
  enum class Status { running = 1, finished = 3, failed = 4, killed = 5 };

  void write_meta(Status status) const;
  void end(Status status);

  MlflowOptions options_;
  std::string experiment_id_, run_id_;
  std::filesystem::path path_;
  std::int64_t start_ms_ = 0;
  bool has_ended_ = false;
};

}  // namespace credence
