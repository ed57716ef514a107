#include "credence/records/run_records.h"

#include "credence/base/errors.h"
#include "credence/base/version.h"
#include "credence/machine/output_place.h"
#include "credence/records/run_course.h"

namespace credence {
namespace {

std::unique_ptr<MlflowRun> start_mlflow(const RecordsOptions& options, const RecordedRun& run) {
  if (!options.mlflow) return nullptr;
  const std::filesystem::path directory = std::filesystem::absolute(run.directory.path());
  auto started = std::make_unique<MlflowRun>(MlflowOptions{.folder = options.mlflow_folder,
                                                           .experiment = options.mlflow_experiment,
                                                           .run_name = directory.filename()});
  started->write_parameters(run.hyperparameters);
  started->write_tag("credence.version", full_version());
  started->write_tag("credence.run_directory", directory.string());
  for (const auto& file : {run.directory.config(), run.directory.environment()})
    started->add_artifact(file);
  return started;
}

std::unique_ptr<TensorBoard> start_tensorboard(const RecordsOptions& options,
                                               const RecordedRun& run, const HistogramTime& told) {
  if (!options.tensorboard) return nullptr;
  auto board = std::make_unique<TensorBoard>(run.directory.path());
  if (told.step > 0)
    board->resume(told, run.hyperparameters);
  else
    board->begin(run.recipe, run.hyperparameters);
  return board;
}

HistogramTime last_told(const RunDirectory& directory) {
  const RunCourse course = course_of(directory.metrics());
  return {.epoch = course.epoch, .step = course.step, .member = course.member};
}

}  // namespace

void check_creatable(const RecordsOptions& options) {
  if (!options.mlflow) return;
  const OutputPlace place = try_output(options.mlflow_folder);
  require<CreateError>(place.problem.empty(), "records.mlflow_folder: ", place.problem);
}

RunRecords::RunRecords(const RecordsOptions& options, const RecordedRun& run)
    : directory_(run.directory),
      told_(last_told(run.directory)),
      tensorboard_(start_tensorboard(options, run, told_)),
      mlflow_(start_mlflow(options, run)),
      scalars_(scalar_sinks(), run.every_steps),
      histograms_(run.model, histogram_sinks(run.model, options.histograms && run.moves_weights)) {
  if (told_.step == 0) histograms_.tell({});
}

std::vector<ScalarSink> RunRecords::scalar_sinks() {
  std::vector<ScalarSink> sinks;
  if (tensorboard_)
    sinks.emplace_back([this](std::int64_t step, const std::vector<NamedValue>& scalars) {
      tensorboard_->write(step, scalars);
    });
  if (mlflow_)
    sinks.emplace_back([this](std::int64_t step, const std::vector<NamedValue>& scalars) {
      mlflow_->write(step, scalars);
    });
  return sinks;
}

std::vector<HistogramSink> RunRecords::histogram_sinks(const Model& model, bool has_histograms) {
  std::vector<HistogramSink> sinks;
  if (!has_histograms) return sinks;
  histogram_log_.emplace(directory_.histograms());
  const bool begins = told_.step == 0;
  histogram_log_->truncate(begins ? HistogramTime{.step = -1} : told_);
  sinks.emplace_back(
      [this](const HistogramTime& time, const std::vector<ParameterHistogram>& histograms) {
        histogram_log_->write(time, histograms);
      });
  if (tensorboard_)
    sinks.emplace_back([this, &model](const HistogramTime& time,
                                      const std::vector<ParameterHistogram>& histograms) {
      tensorboard_->write(time, histograms);
      tensorboard_->write_kernels(time, model);
    });
  return sinks;
}

void RunRecords::finish(std::int64_t steps, const std::vector<NamedValue>& test) {
  std::vector<NamedValue> results;
  for (const auto& [name, value] : test) results.emplace_back("test/" + name, value);
  if (tensorboard_) tensorboard_->finish(steps, results);
  if (!mlflow_) return;
  mlflow_->write(steps, results);
  mlflow_->add_artifact(directory_.summary());
  mlflow_->finish();
}

}  // namespace credence
