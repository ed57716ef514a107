#include "credence/cli/uci_methods.h"

namespace credence::cli {
namespace {

constexpr const char* mean_field = R"(# A Gaussian for each weight, all independent.
model:
  name: mean_field
  layers:
    - {type: Dense, units: 50, initializer: he_normal}
    - ReLU
    - {type: Dense, units: 2}
  bayesian:
    layers: all
    biases: true
    estimator: local_reparameterization
    prior: {type: scaled_gaussian, scale: 1.0}
    initial_sigma: 0.01
data: {name: uci}
train:
  epochs: 1000
  global_batch_size: 32
  learning_rate: 5.0e-3
  schedule: cosine
  loss: {type: gaussian, min_sigma: 0.01}
predict: {samples: 200}
)";

constexpr const char* mc_dropout = R"(# Dropout whose masks are drawn in predictions too.
model:
  name: mc_dropout
  layers:
    - {type: Dense, units: 50, initializer: he_normal}
    - ReLU
    - Dropout: {rate: 0.05, monte_carlo: true}
    - {type: Dense, units: 2}
data: {name: uci}
train:
  epochs: 1000
  global_batch_size: 32
  learning_rate: 3.0e-3
  schedule: cosine
  optimizer: {type: Adam, weight_decay: 1.0e-4}
  loss: {type: gaussian, min_sigma: 0.01}
predict: {samples: 200}
)";

constexpr const char* ensemble = R"(# Networks that differ in their initial weights and batches.
model:
  name: ensemble
  layers:
    - {type: Dense, units: 50, initializer: he_normal}
    - ReLU
    - {type: Dense, units: 2}
data: {name: uci}
train:
  epochs: 100
  global_batch_size: 32
  learning_rate: 3.0e-3
  schedule: cosine
  optimizer: {type: Adam, weight_decay: 1.0e-4}
  loss: {type: gaussian, min_sigma: 0.01}
inference: {type: ensemble, members: 10}
)";

}  // namespace

const Registry<UciMethod>& uci_methods() {
  static const Registry<UciMethod> methods(
      "method",
      {
          {"mean_field",
           {.description = "variational, a Gaussian for each weight, local reparameterization",
            .recipe = mean_field,
            .candidates = {{"train.kl.weight=1"},
                           {"train.kl.weight=0.5"},
                           {"train.kl.weight=0.25"}}}},
          {"mc_dropout",
           {.description = "Monte Carlo dropout",
            .recipe = mc_dropout,
            .candidates = {{"model.layers.2.rate=0.02"},
                           {"model.layers.2.rate=0.05"},
                           {"model.layers.2.rate=0.1"}}}},
          {"ensemble",
           {.description = "ten networks, trained one by one",
            .recipe = ensemble,
            .candidates = {{"train.epochs=150"}, {"train.epochs=500"}, {"train.epochs=1500"}}}},
      });
  return methods;
}

}  // namespace credence::cli
