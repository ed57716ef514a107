#pragma once

#include "credence/records/metrics_log.h"
#include "credence/train/observer.h"

namespace credence {

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

/// Metrics as fields, in their order.
std::vector<Field> fields_of(const std::vector<NamedValue>& values);

}  // namespace credence
