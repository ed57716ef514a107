#include "credence/scaling/step_times.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// Mean and variance of values that come one by one (Welford 1962).
class Moments {
 public:
  void add(double value) {
    ++count_;
    const double off = value - mean_;
    mean_ += off / static_cast<double>(count_);
    squares_ += off * (value - mean_);
  }
  double mean() const { return mean_; }
  double variance() const { return count_ > 1 ? squares_ / static_cast<double>(count_ - 1) : 0; }
  double error() const { return std::sqrt(variance() / static_cast<double>(count_)); }

 private:
  std::int64_t count_ = 0;
  double mean_ = 0, squares_ = 0;
};

}  // namespace

std::vector<RankStep> steps_of(std::span<const TraceSpan> trace) {
  std::vector<RankStep> steps;
  double begin_s = 0, end_s = 0, reduction_s = 0;
  const auto finish = [&] {  // what has no update is no step, or was cut off
    if (end_s > begin_s) steps.push_back({.step = end_s - begin_s, .reduction = reduction_s});
  };
  for (const TraceSpan& span : trace) {
    if (span.phase == name_of(Phase::gather)) {
      finish();
      begin_s = end_s = span.begin_s;
      reduction_s = 0;
    }
    if (span.phase == name_of(Phase::reduce)) reduction_s += span.seconds();
    if (span.phase == name_of(Phase::update)) end_s = span.end_s;
  }
  finish();
  require<DataError>(!steps.empty(), "trace: expected steps of training, got none");
  return steps;
}

StepTiming step_timing(std::span<const std::vector<RankStep>> ranks, std::int64_t warm_up) {
  const std::size_t steps = ranks[0].size();
  for (const auto& rank : ranks)
    require<DataError>(rank.size() == steps, "traces: expected ", steps,
                       " steps of each rank, got ", rank.size());
  const auto first = static_cast<std::size_t>(warm_up);
  require<DataError>(steps > first, "traces: expected more than ", warm_up, " steps, got ", steps);

  Moments compute, imbalance, reduction, variance, over_steps;
  for (std::size_t i = first; i < steps; ++i) {
    Moments of_ranks;
    double slowest = 0;
    for (const auto& rank : ranks) {
      of_ranks.add(rank[i].compute());
      slowest = std::max(slowest, rank[i].compute());
    }
    compute.add(of_ranks.mean());
    imbalance.add(slowest - of_ranks.mean());
    reduction.add(ranks[0][i].step - slowest);
    variance.add(of_ranks.variance());
    over_steps.add(ranks[0][i].compute());
  }
  const double jitter = ranks.size() > 1 ? variance.mean() : over_steps.variance();
  return {.mean = {.compute = compute.mean(),
                   .imbalance = imbalance.mean(),
                   .reduction = std::max(0.0, reduction.mean())},
          .error = {.compute = compute.error(),
                    .imbalance = imbalance.error(),
                    .reduction = reduction.error()},
          .steps = static_cast<std::int64_t>(steps - first),
          .jitter = std::sqrt(jitter) / compute.mean()};
}

}  // namespace credence
