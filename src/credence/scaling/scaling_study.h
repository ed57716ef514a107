#pragma once

#include <optional>

#include "credence/scaling/scaling_fit.h"

namespace credence {

/// What a study is of.
struct ScaledRecipe {
  std::string name;        ///< of its file
  std::int64_t batch = 1;  ///< global, on one rank
};

struct ScalingPlan {
  std::vector<ScaledRecipe> recipes;
  std::vector<ScalingMode> modes;
  std::vector<std::int64_t> ranks;      ///< ascending
  std::vector<std::int64_t> predicted;  ///< ascending
  int repetitions = 3;
  std::int64_t steps = 50;    ///< that are timed
  std::int64_t warm_up = 10;  ///< before those
};

/// One training of a plan.
struct PlannedRun {
  std::string recipe;
  std::int64_t ranks = 1;
  std::int64_t global_batch = 1;
  int repetition = 1;

  /// "mnist_cnn_conv-r2-b64-1": two ranks, a global batch of 64, the first time.
  std::string name() const;
};

/// Each once, though modes share runs on one rank; repetitions of all counts one after the other,
/// so that what drifts in the course of the study falls on all alike.
std::vector<PlannedRun> planned_runs(const ScalingPlan& plan);

/// How fast a count of ranks is.
struct ScalingSpeed {
  Bounded step_s, samples_per_sec;
  Bounded speed_up;    ///< over one rank, or the fewest that were measured times their number
  Bounded efficiency;  ///< the speed-up of a rank
};

/// One count of ranks of one recipe: measured or predicted.
struct ScalingPoint {
  std::string recipe;
  ScalingMode mode = ScalingMode::strong;
  std::int64_t ranks = 1;
  std::int64_t global_batch = 1;
  int threads = 1;  ///< of a rank
  int runs = 0;     ///< 0: it is predicted
  bool is_oversubscribed = false;
  StepTimes times;     ///< of the run whose step is the median; predicted: medians of each
  ScalingSpeed speed;  ///< of that run, between the fastest and the slowest

  bool is_measured() const { return runs > 0; }
};

/// A count of ranks that was measured, as it is predicted from smaller ones alone.
struct HeldOut {
  ScalingPoint measured, predicted;
  std::int64_t fitted_ranks = 0;  ///< the most among those it is predicted from
};

/// The constants of the step's model.
struct FittedRecipe {
  std::string recipe;
  std::int64_t parameters = 0;
  Bounded fixed_s, example_s, jitter;
};
struct FittedNetwork {
  Bounded latency_s, byte_s;
};

/// All that a study comes to.
struct ScalingStudy {
  ScalingPlan plan;
  ScalingRuns runs;
  std::vector<ScalingPoint> measured, predicted;
  std::vector<HeldOut> held_out;
  std::vector<FittedRecipe> recipes;
  std::optional<FittedNetwork> network;
  std::vector<std::string> notes;  ///< what is left out, and why
};

/// Of the runs that there are, which need not be all of the plan.
ScalingStudy make_study(const ScalingPlan& plan, const ScalingRuns& runs);

/// The points of one recipe and mode, in their order.
std::vector<ScalingPoint> points_of(const std::vector<ScalingPoint>& points,
                                    const std::string& recipe, ScalingMode mode);

}  // namespace credence
