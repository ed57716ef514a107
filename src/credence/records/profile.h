#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "credence/base/timeline.h"
#include "credence/model/model.h"

namespace credence {

struct ProfileOptions {
  std::int64_t steps = 0;             ///< that the timeline has recorded
  double seconds = 0;                 ///< that they took, all told
  double examples_per_step = 0;       ///< of this rank
  std::optional<double> peak_gflops;  ///< of the threads that were used, if it was measured
};

/// A kind of work of a training step.
struct ProfileRow {
  std::string phase;   ///< as name_of(Phase); "other": whatever was not recorded
  std::string layer;   ///< "conv1 + relu1": with those that run in it; empty if the phase says all
  double seconds = 0;  ///< of all steps
  double flops = 0;    ///< likewise; 0: not counted
};

/// Where the time of training went.
struct Profile {
  std::int64_t steps = 0;
  double seconds = 0;
  double examples_per_step = 0;
  std::vector<ProfileRow> rows;
};

Profile make_profile(const Timeline& timeline, const Model& model, const ProfileOptions& options);

/// profile.json: {"steps", "seconds", "examples_per_step", "rows": [{"phase", "layer", "seconds",
/// "flops"}]}. read_profile: DataError if it is none.
void write_profile(const std::filesystem::path& path, const Profile& profile);
Profile read_profile(const std::filesystem::path& path);

/// Where the time of a step went: for each phase and layer its milliseconds and its share, and for
/// products with weights GFLOP/s and their share of the peak.
std::string profile_table(const Timeline& timeline, const Model& model,
                          const ProfileOptions& options);

}  // namespace credence
