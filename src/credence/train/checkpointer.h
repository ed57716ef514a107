#pragma once

#include <array>

#include "credence/train/trainer_parts.h"
#include "credence/train/training_progress.h"

namespace credence {

class WeightUpdate;

/// Saves the state of a training under way when that is due, and restores it. The state itself is
/// the trainer's, and outlives this. Every rank of a group has one; all do nothing where the parts
/// have no checkpoints.
class Checkpointer {
 public:
  using Metrics = std::vector<std::unique_ptr<Metric>>;

  Checkpointer(const TrainerParts& parts, TrainingProgress& progress, Metrics& metrics,
               WeightUpdate& update)
      : parts_(parts), progress_(progress), metrics_(metrics), update_(update) {}

  /// Goes on from the newest checkpoint, if there is one to go on from. DataError if it is of
  /// another training. Collective.
  void restore();
  /// What this rank asks for before a step, which may be the last of an epoch.
  CheckpointRequest request(bool ends_epoch);
  /// Saves the state if that is due here, or the ranks together ask for it. Interrupted when it is
  /// saved and they have asked for the end. Collective.
  void save_if_due(const TrainingPosition& position, const CheckpointRequest& request);
  /// After the last step. Collective.
  void finish();

 private:
  /// Figures and sums so far, as tensors: of the ranks together.
  std::vector<NamedTensor> state();
  void take(const SavedState& state);
  /// Steps an epoch, and examples a step.
  std::array<double, 2> batches() const;
  void require_same_batches(const SavedState& state) const;

  const TrainerParts& parts_;
  TrainingProgress& progress_;
  Metrics& metrics_;
  WeightUpdate& update_;
};

}  // namespace credence
