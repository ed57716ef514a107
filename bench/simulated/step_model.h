#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "costed_communicator.h"
#include "network.h"

#include "credence/comm/gradient_buckets.h"

namespace credence::simulated {

/// Who gives sums of gradients time to go on while backward computes.
enum class Progress {
  layers,  ///< the training thread, whenever the gradients of a layer are final
  thread,  ///< a thread of its own, on a core that nothing else uses
};

struct StepOptions {
  double compute_s = 0.3;  ///< of a step, the mean over ranks
  double forward_share = 1. / 3;
  double jitter = 0.02;     ///< standard deviation over mean of a rank's compute time
  bool persistent = false;  ///< a rank is as slow or fast in all steps; else each step draws
  int warm_up = 1;          ///< steps that are not timed: connections are made in the first
  int steps = 4;            ///< timed ones
  int average_every = 1;    ///< local SGD: weights are averaged after so many steps
  Progress progress = Progress::thread;
  double poll_s = 5e-5;        ///< of Progress::thread: between two looks at the sums
  double add_bytes_per_s = 0;  ///< of CostedCommunicator
  WireFormat wire;
  GradientBucketsOptions buckets{.bucket_bytes = std::size_t{1} << 20};
  std::size_t scale = 1;  ///< of so many bytes one is sent, over a network as much slower
  SumOrder order = SumOrder::tree;
  std::uint64_t seed = 1;
};

/// One rank's training steps, in which all communication is what a training run does and all
/// compute is a given time.
class StepModel {
 public:
  StepModel(Communicator& communicator, Network network, const StepOptions& options);

  /// Seconds a step, the mean over the timed ones. Without sums of gradients, ranks only agree on a
  /// few figures in each step; each takes the same time for compute as with them. Collective.
  double seconds_a_step(bool sums_gradients);
  /// Of gradients, that each step sums.
  std::size_t wire_bytes() const { return gradients_.size() * sizeof(float) * options_.scale; }

 private:
  void take_step(int step, bool sums_gradients);
  Request start_figures();
  void compute(double seconds);
  /// Of this step's compute time, relative to the mean.
  double slowness(int step) const;

  struct Layer {
    double compute_share;
    std::size_t offset, count;  // of its gradients
  };

  StepOptions options_;
  Communicator& ranks_;
  std::vector<float> gradients_;
  std::vector<Layer> layers_;  // in the order of the backward pass, as their gradients are
  std::vector<double> figures_;
  CostedCommunicator communicator_;
  GradientBuckets buckets_;
};

}  // namespace credence::simulated
