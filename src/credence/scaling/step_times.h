#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "credence/records/trace.h"

namespace credence {

/// Where the time of a training step goes, in seconds.
struct StepTimes {
  double compute = 0;    ///< the mean over the ranks of all but the reduction
  double imbalance = 0;  ///< by which the slowest rank takes longer than that
  double reduction = 0;  ///< what is left: sums over the ranks that no computing hides

  double step() const { return compute + imbalance + reduction; }
};

/// One step of one rank, in seconds.
struct RankStep {
  double step = 0;
  double reduction = 0;  ///< part of it, waiting for other ranks included

  double compute() const { return step - reduction; }
};

/// The whole steps of a rank's trace. DataError if there is none.
std::vector<RankStep> steps_of(std::span<const TraceSpan> trace);

/// What the steps of a run come to.
struct StepTiming {
  StepTimes mean;
  StepTimes error;         ///< standard errors of these
  std::int64_t steps = 0;  ///< that were timed
  double jitter = 0;       ///< standard deviation of a rank's compute, over the mean: between the
                           ///< ranks of a step, or between steps if there is but one rank
};

/// Of the steps of each rank behind the first `warm_up`; the step is that of the first rank, which
/// is what samples_per_sec counts. DataError if the ranks have taken different numbers of steps,
/// or no more than those.
StepTiming step_timing(std::span<const std::vector<RankStep>> ranks, std::int64_t warm_up);

}  // namespace credence
