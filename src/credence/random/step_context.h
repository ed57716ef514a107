#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace credence {

/// Which weights a variational layer uses in a forward pass.
enum class WeightSampling {
  training,    ///< the estimator's draw of this step
  predictive,  ///< draw number `sample`, the same for every example
  mean,        ///< the posterior's mean
};

/// What a layer or optimizer may know of the step it runs in. It holds everything a draw depends
/// on, and nothing that depends on how the batch is spread over ranks but where this rank's part
/// begins.
struct StepContext {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;           ///< optimizer steps taken before this one
  std::uint32_t first_example = 0;  ///< position of row 0 in the global batch
  std::int64_t global_batch = 0;    ///< rows over all ranks
  bool training = true;             ///< dropout and batch statistics are on
  WeightSampling weights = WeightSampling::training;
  std::uint32_t sample = 0;    ///< number of the predictive draw
  bool reuse_weights = false;  ///< the forward pass before drew this same sample: keep its weights
  /// Sums the span over all ranks, in place; the identity on one rank.
  std::function<void(std::span<double>)> sum = [](std::span<double>) {};
};

}  // namespace credence
