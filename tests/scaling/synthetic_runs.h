#pragma once

#include "credence/scaling/random_draws.h"
#include "credence/scaling/scaling_run.h"

namespace credence::test {

/// Runs as a model has them, whose parts each have a relative noise of their own.
struct SyntheticStudy {
  std::string recipe = "net";
  StepModel model{
      .fixed_s = 2e-3, .example_s = 1e-4, .latency_s = 40e-6, .byte_s = 1e-9, .jitter = 0.02};
  std::int64_t parameters = 500'000;
  ScalingMode mode = ScalingMode::strong;
  std::int64_t batch = 256;
  std::vector<std::int64_t> ranks{1, 2, 4, 8};
  int repetitions = 3;
  double noise = 0.02;
};

inline ScalingRun synthetic_run(const SyntheticStudy& study, std::int64_t ranks, int repetition,
                                RandomDraws& random) {
  ScalingRun run{.recipe = study.recipe,
                 .ranks = ranks,
                 .global_batch = global_batch(study.mode, study.batch, ranks),
                 .repetition = repetition,
                 .parameters = study.parameters};
  StepTimes& times = run.timing.mean;
  times = study.model.times(run.size());
  for (double* const part : {&times.compute, &times.imbalance, &times.reduction})
    *part *= 1 + study.noise * random.normal();
  run.timing.steps = 50;
  run.timing.jitter = study.model.jitter;
  run.timing.error = {.compute = study.noise * times.compute,
                      .imbalance = study.noise * times.imbalance,
                      .reduction = study.noise * times.reduction};
  return run;
}

inline ScalingRuns synthetic_runs(const SyntheticStudy& study, RandomDraws& random) {
  ScalingRuns runs;
  for (int repetition = 1; repetition <= study.repetitions; ++repetition)
    for (const std::int64_t ranks : study.ranks)
      runs.push_back(synthetic_run(study, ranks, repetition, random));
  return runs;
}

}  // namespace credence::test
