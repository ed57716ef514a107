#pragma once

#include "credence/train/observer.h"

namespace credence {

/// Sums over the steps of an epoch.
struct EpochSums {
  double loss = 0, nll = 0, kl = 0;
  std::int64_t steps = 0, examples = 0;
  double seconds = 0;  ///< of training: no evaluation

  void add(const StepReport& report, std::int64_t batch) {
    loss += report.loss * static_cast<double>(batch);
    nll += report.nll * static_cast<double>(batch);
    kl += report.kl;
    examples += batch;
    ++steps;
  }
  double samples_per_sec() const {
    return seconds > 0 ? static_cast<double>(examples) / seconds : 0;
  }
};

/// How far a training has come. All but the seconds are the same on every rank of its group.
struct TrainingProgress {
  std::int64_t step = 0;  ///< taken so far
  EpochSums epoch;        ///< the one under way
  TrainReport total;      ///< of those before
};

}  // namespace credence
