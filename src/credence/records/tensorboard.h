#pragma once

#include <span>

#include "credence/base/json.h"
#include "credence/predict/predictor.h"
#include "credence/records/event_file.h"
#include "credence/records/histogram_observer.h"

namespace credence {

/// What TensorBoard shows of a run, in an event file of its directory: the recipe as text,
/// hyperparameters, scalars, histograms of parameters, and the kernels of the first convolution as
/// images. Errors as AppendFile.
class TensorBoard {
 public:
  explicit TensorBoard(const std::filesystem::path& run, EventFile::Clock clock = wall_seconds);

  void begin(const std::string& recipe, std::span<const Field> hyperparameters);
  /// In place of begin(), of a run that goes on behind `last`: what earlier files tell of later
  /// steps no longer counts.
  void resume(const HistogramTime& last, std::span<const Field> hyperparameters);
  void write(std::int64_t step, const std::vector<NamedValue>& scalars);
  void write(const HistogramTime& time, const std::vector<ParameterHistogram>& histograms);
  /// Of the first convolution, if there is one: its weights, or their mu and sigma.
  void write_kernels(const HistogramTime& time, const Model& model);
  /// What the hyperparameters came to: scalars, written here too.
  void finish(std::int64_t step, const std::vector<NamedValue>& results);

 private:
  EventFile file_;
  std::vector<Field> hyperparameters_;
};

}  // namespace credence
