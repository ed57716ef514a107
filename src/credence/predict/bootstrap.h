#pragma once

#include "credence/predict/predictor.h"

namespace credence {

struct BootstrapOptions {
  std::int64_t replicates = 1000;
  double level = 0.95;     ///< probability of the interval
  std::uint64_t seed = 1;  ///< of the draws

  /// ConfigError unless replicates is in [40, 100000] and 0 < level < 1.
  void check() const;
};

struct Interval {
  double lower, upper;
};

/// How many times example `example` is in replicates first, first + 1, ...: draws of Poisson(1).
/// `first` must be a multiple of 4.
void fill_poisson_counts(std::span<float> counts, NoiseKey key, std::int64_t example,
                         std::int64_t first);

/// Percentile bootstrap intervals of metrics, in their order: how much a figure would vary with
/// another test set of this size. Each replicate takes every example Poisson(1) times, which for
/// many examples is a draw of n out of n with replacement, but one that each rank can make of its
/// own examples alone. Replicates in which a metric has no value do not count; NaN if none has one.
///
/// The same replicates serve all metrics. Collective; the same on every rank.
///
/// Noise   Stream::noise under the name "bootstrap": example is the index in the data set, element
///         the replicate.
/// Source  Hanley and MacGibbon 2006, doi:10.1016/j.cmpb.2006.04.006; Chamandy et al. 2012,
///         "Estimating uncertainty for massive data streams", Google.
std::vector<Interval> bootstrap_intervals(std::span<const std::string> metrics,
                                          const PredictedPart& part,
                                          const BootstrapOptions& options,
                                          Communicator& communicator);

}  // namespace credence
