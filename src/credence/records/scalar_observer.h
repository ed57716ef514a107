#pragma once

#include <functional>

#include "credence/train/observer.h"

namespace credence {

using ScalarSink = std::function<void(std::int64_t step, const std::vector<NamedValue>& scalars)>;

/// Tells sinks the figures of metrics.jsonl, each under a name of its own: "step/loss",
/// "epoch/val_nll", "end/train_seconds"; of an ensemble's members "member_2/epoch/loss".
class ScalarObserver : public Observer {
 public:
  /// every_steps = 0: no figures of steps.
  ScalarObserver(std::vector<ScalarSink> sinks, std::int64_t every_steps)
      : sinks_(std::move(sinks)), every_steps_(every_steps) {}
  void on_step(const StepReport& report) override;
  void on_epoch(const EpochReport& report) override;
  void on_end(const TrainReport& report) override;

 private:
  void tell(std::int64_t step, std::int64_t member, const std::string& event,
            const std::vector<NamedValue>& values) const;

  std::vector<ScalarSink> sinks_;
  std::int64_t every_steps_;
};

}  // namespace credence
