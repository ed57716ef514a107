#pragma once

#include <span>
#include <vector>

#include "credence/checkpoint/checkpoint_series.h"
#include "credence/comm/communicator.h"
#include "credence/train/observer.h"

namespace credence {

/// Figures of the steps that are taken before the ranks meet: at once after each, or after several.
/// Until then they are this rank's own.
class StepFigures {
 public:
  struct Step {
    StepReport report;
    std::int64_t batch = 0;  ///< examples over all ranks
  };

  /// `shards`: those for which the nll is summed apart.
  StepFigures(Communicator& communicator, int shards);

  /// A step, with what this rank asks for before it.
  void begin(const Step& step, const CheckpointRequest& own);
  /// Of that step: the nll by shard, zero at first, and KL.
  std::span<double> nll();
  double& kl();

  /// Sums all figures over the ranks.
  Request start_sum() { return communicator_.start_sum(std::span(figures_)); }
  /// What the ranks together ask for, once their figures are summed.
  CheckpointRequest request() const;
  /// The steps, with nll and KL as they stand, times `scale`; until the next begins, which is then
  /// the first.
  std::span<Step> take(double scale);

 private:
  Communicator& communicator_;
  std::size_t shards_;
  std::vector<double> figures_;  // requests; of each step the nll of each shard, and KL; or taken
  std::vector<Step> steps_;
};

}  // namespace credence
