#pragma once

#include "credence/train/observer.h"

namespace credence {

/// Sums over the steps of an epoch.
struct EpochSums {
  double loss = 0, nll = 0, kl = 0;
  std::int64_t steps = 0, examples = 0;
  double seconds = 0;  ///< of training: no evaluation

  double samples_per_sec() const {
    return seconds > 0 ? static_cast<double>(examples) / seconds : 0;
  }
};

/// How far a training has come, in figures that are the same on every rank.
struct TrainingProgress {
  std::int64_t step = 0;  ///< taken so far
  EpochSums epoch;        ///< the one under way
  TrainReport total;      ///< of those before
};

}  // namespace credence
