#pragma once

#include "credence/bayes/estimator.h"
#include "credence/bayes/prior.h"
#include "credence/comm/compression.h"
#include "credence/config/factory.h"
#include "credence/inference/inference.h"
#include "credence/losses/loss.h"
#include "credence/model/graph_spec.h"
#include "credence/optim/optimizer.h"
#include "credence/optim/schedule.h"

namespace credence {

/// A kind of layer that a recipe may name: reads its options, gives the operation of a node.
struct LayerEntry {
  std::function<NodeOperation(OptionReader&)> read;
  std::function<std::vector<OptionInfo>()> describe;
};

// Every kind of thing that a recipe may name. A new one is a line in registries.cpp.
const Registry<LayerEntry>& layer_registry();
const Registry<Factory<Estimator>>& estimator_registry();
const Registry<Factory<Prior>>& prior_registry();
const Registry<Factory<Loss>>& loss_registry();
const Registry<Factory<Optimizer>>& optimizer_registry();
const Registry<Factory<Schedule>>& schedule_registry();
const Registry<Factory<Inference>>& inference_registry();
const Registry<Factory<Compression>>& compression_registry();

}  // namespace credence
