#pragma once

#include "credence/report/metrics_log.h"
#include "credence/report/progress.h"
#include "credence/train/observer.h"

namespace credence {

/// Shows a run's progress: the bar while it trains, a line for each epoch.
class ProgressObserver : public Observer {
 public:
  explicit ProgressObserver(Progress& progress) : progress_(progress) {}
  void on_step(const StepReport& report) override;
  void on_epoch(const EpochReport& report) override;

 private:
  Progress& progress_;
  std::int64_t epochs_ = 0;
};

/// Writes metrics.jsonl: a line for each epoch, for every n-th step, and at the end.
class MetricsObserver : public Observer {
 public:
  /// every_steps = 0: no lines for steps.
  MetricsObserver(MetricsLog& log, std::int64_t every_steps)
      : log_(log), every_steps_(every_steps) {}
  void on_step(const StepReport& report) override;
  void on_epoch(const EpochReport& report) override;
  void on_end(const TrainReport& report) override;

 private:
  MetricsLog& log_;
  std::int64_t every_steps_;
};

/// Shows how far predictions have come, on a terminal. Lives no longer than `progress`.
PredictObserver show_predictions(Progress& progress, std::string work);

/// Metrics as fields, in their order.
std::vector<Field> fields_of(const std::vector<NamedValue>& values);

/// "loss 0.1234  accuracy 0.9876": a line of text.
std::string text_of(const std::vector<NamedValue>& values);

}  // namespace credence
