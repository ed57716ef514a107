#pragma once

#include "credence/scaling/step_times.h"

namespace credence {

/// How many ranks share a step, of what size.
struct StepSize {
  std::int64_t ranks = 1;
  std::int64_t global_batch = 1;
  double bytes = 0;  ///< of gradients that are summed

  double rows() const { return static_cast<double>(global_batch) / static_cast<double>(ranks); }
  /// By which the rank with most examples has more than that.
  double rows_more() const;
};

/// What the constants of a model are multiplied by, for a step of some size.
struct StepTerms {
  explicit StepTerms(const StepSize& size);

  double rows, rows_more;
  double doublings;  ///< of the ranks
  double bytes;      ///< that a rank sends in a sum
  double maximum;    ///< of so many standard normals, on average
};

/// What the time of a step is made of:
///
///   compute    fixed_s + example_s * rows
///   reduction  latency_s * log2(ranks) + byte_s * bytes * 2 (ranks - 1) / ranks
///   imbalance  jitter * compute * (mean of the largest of so many standard normals)
///              + example_s * (rows that the fullest rank has more)
///
/// The reduction is that of a sum by recursive halving and doubling.
/// Source  Thakur, Rabenseifner and Gropp 2005, doi:10.1177/1094342005051521.
struct StepModel {
  double fixed_s = 0;    ///< of a rank's step, whatever its examples: weights, their noise, KL
  double example_s = 0;  ///< of an example
  double latency_s = 0;  ///< of a doubling of the ranks
  double byte_s = 0;     ///< of a byte
  double jitter = 0;     ///< standard deviation of a rank's compute, over its mean

  StepTimes times(const StepTerms& terms) const;
  StepTimes times(const StepSize& size) const { return times(StepTerms(size)); }
};

}  // namespace credence
