#pragma once

#include "credence/terminal/progress.h"
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

/// Shows how far predictions have come, on a terminal. Lives no longer than `progress`.
PredictObserver show_predictions(Progress& progress, std::string work);

/// "loss 0.1234  accuracy 0.9876": a line of text.
std::string text_of(const std::vector<NamedValue>& values);

}  // namespace credence
