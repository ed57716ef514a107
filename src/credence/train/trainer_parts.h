#pragma once

#include <memory>
#include <vector>

#include "credence/checkpoint/checkpoint_series.h"
#include "credence/data/loader.h"
#include "credence/optim/optimizer.h"
#include "credence/optim/schedule.h"
#include "credence/predict/predictor.h"
#include "credence/train/stateful.h"

namespace credence {

/// What a Trainer trains, and with what. Those with a default may be left out.
struct TrainerParts {
  Model& model;
  Loss& loss;
  Optimizer& optimizer;
  Loader& loader;
  Communicator& communicator;
  const Schedule* schedule = nullptr;
  std::shared_ptr<const Dataset> validation;
  Timeline* timeline = nullptr;             ///< told where the time of each step goes
  CheckpointSeries* checkpoints = nullptr;  ///< null: none is saved
  std::vector<Stateful*> stateful{};        ///< saved with the training
};

}  // namespace credence
