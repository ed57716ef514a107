#pragma once

#include "credence/config/experiment.h"

namespace credence::cli {

/// A network, and what is found of its weights.
struct Fitted {
  std::unique_ptr<Model> model;
  std::unique_ptr<Loss> loss;
  Inferred inferred;
};

/// Runs a recipe's inference on these data, without a run directory. NumericalError if it fails.
/// Collective.
Fitted fit(const Experiment& experiment, const std::shared_ptr<const Dataset>& data,
           Communicator& communicator);

}  // namespace credence::cli
