#pragma once

#include <string>
#include <vector>

#include "credence/base/enum_names.h"
#include "credence/scaling/step_model.h"

namespace credence {

/// What stays the same while ranks are added.
enum class ScalingMode {
  strong,  ///< the global batch
  weak,    ///< the batch of a rank
};
inline EnumNames<ScalingMode> enum_names(ScalingMode) {
  static constexpr EnumName<ScalingMode> names[] = {{ScalingMode::strong, "strong"},
                                                    {ScalingMode::weak, "weak"}};
  return names;
}

/// The global batch of so many ranks, of `batch` on one.
inline std::int64_t global_batch(ScalingMode mode, std::int64_t batch, std::int64_t ranks) {
  return mode == ScalingMode::weak ? batch * ranks : batch;
}

/// A short training whose steps were timed.
struct ScalingRun {
  std::string recipe;
  std::int64_t ranks = 1;
  std::int64_t global_batch = 1;
  int repetition = 1;
  int threads = 1;  ///< of a rank
  std::int64_t parameters = 0;
  bool is_oversubscribed = false;  ///< its threads had to share CPUs
  StepTiming timing;

  /// Gradients are float32.
  StepSize size() const {
    return {
        .ranks = ranks, .global_batch = global_batch, .bytes = 4 * static_cast<double>(parameters)};
  }
  bool is_of(const std::string& name, const StepSize& other) const {
    return recipe == name && ranks == other.ranks && global_batch == other.global_batch;
  }
};

using ScalingRuns = std::vector<ScalingRun>;

}  // namespace credence
