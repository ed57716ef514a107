#pragma once

#include "credence/config/experiment.h"

namespace credence::cli {

/// What a recipe's network is trained on.
struct FitData {
  std::shared_ptr<const Dataset> training;
  std::shared_ptr<const Dataset> validation{};  ///< may be null
  const TrainedWeights* weights = nullptr;      ///< to begin from; null: those drawn
  Timeline* timeline = nullptr;
};

/// A recipe's network on its data, all made and checked, before anything is trained.
class Fit {
 public:
  /// Errors  of the recipe, with their places; DataError for weights of another architecture.
  Fit(const Experiment& experiment, const FitData& data, Communicator& communicator);
  Fit(const Fit&) = delete;
  Fit& operator=(const Fit&) = delete;

  Model& model() { return *model_; }
  const Loss& loss() const { return *loss_; }
  const Inference& inference() const { return *inference_; }
  const Dataset& data() const { return *training_->data; }
  const TrainerOptions& options() const { return training_->options; }
  /// Of all, those that take the steps of one network together.
  int ranks_a_network() const { return ranks_a_network_; }
  std::int64_t global_batch() const { return training_->batches.global_batch; }
  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }
  void set_observers(std::vector<Observer*> observers) { training_->observers = observers; }
  void set_checkpoints(CheckpointSeries* checkpoints) { training_->checkpoints = checkpoints; }

  /// Finds the posterior. NumericalError as Trainer. Collective.
  Inferred run() { return inference_->run(*training_); }

 private:
  std::unique_ptr<Inference> inference_;
  int ranks_a_network_;
  std::int64_t steps_per_epoch_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Loss> loss_;
  std::unique_ptr<Schedule> schedule_;
  std::optional<Training> training_;
};

}  // namespace credence::cli
