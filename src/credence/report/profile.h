#pragma once

#include <optional>
#include <string>

#include "credence/base/timeline.h"
#include "credence/model/model.h"

namespace credence {

struct ProfileOptions {
  std::int64_t steps = 0;             ///< that the timeline has recorded
  double seconds = 0;                 ///< that they took, all told
  double examples_per_step = 0;       ///< of this rank
  std::optional<double> peak_gflops;  ///< of the threads that were used, if it was measured
};

/// Where the time of a step went: for each phase and layer its milliseconds and its share, and for
/// products with weights GFLOP/s and their share of the peak.
std::string profile_table(const Timeline& timeline, const Model& model,
                          const ProfileOptions& options);

}  // namespace credence
