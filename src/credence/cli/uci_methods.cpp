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

constexpr const char* hmc = R"(# Hamiltonian Monte Carlo: samples of the very posterior.
model:
  name: hmc
  layers:
    - {type: Dense, name: hidden, units: 50}
    - ReLU
    - {type: Dense, name: output, units: 2}
data: {name: uci}
train:  # to begin from: means alone, so that no chain begins where it interpolates
  epochs: 300
  global_batch_size: 32
  learning_rate: 1.0e-2
  schedule: cosine
  loss: {type: gaussian, min_sigma: 0.003, warmup_epochs: 300, warmup_sigma: 0.2}
inference:
  type: hmc
  chains: 10
  warmup: 200
  samples: 60
  thin: 3
  leapfrog_steps: 100
  target_acceptance: 0.65
  prior: {sigma: 1.0, scaled: true, of: {output.weight: 0.4, output.bias: 5.0}}
predict: {samples: 200}
)";

constexpr const char* laplace = R"(# A normal around one trained network, by its curvature.
model:
  name: laplace
  layers:
    - {type: Dense, units: 50, initializer: he_normal}
    - ReLU
    - {type: Dense, units: 1}
data: {name: uci}
train:
  epochs: 500
  global_batch_size: 32
  learning_rate: 3.0e-3
  schedule: cosine
  loss: {type: gaussian, learn_sigma: true}
inference: {type: laplace, structure: full, layers: last}
predict: {samples: 200}
)";

constexpr const char* swag = R"(# A normal of the weights along the path of SGD.
model:
  name: swag
  layers:
    - {type: Dense, units: 50, initializer: he_normal}
    - ReLU
    - {type: Dense, units: 2}
data: {name: uci}
train:
  epochs: 500
  global_batch_size: 32
  learning_rate: 1.0e-2
  optimizer: SGD
  loss: {type: gaussian, min_sigma: 0.05, warmup_epochs: 100}
inference: {type: swag, start: 0.6}
predict: {samples: 200}
)";

constexpr const char* sghmc = R"(# A Markov chain of minibatches in cycles.
model:
  name: sghmc
  layers:
    - {type: Dense, units: 50, initializer: he_normal}
    - ReLU
    - {type: Dense, units: 2}
data: {name: uci}
train:
  epochs: 1000
  global_batch_size: 32
  learning_rate: 3.0e-3
  loss: {type: gaussian, min_sigma: 0.05, warmup_epochs: 100}
inference: {type: sghmc, cycles: 5, samples_per_cycle: 10, prior: {sigma: 1.0, scaled: false}}
predict: {samples: 50}
)";

constexpr const char* pbp = R"(# Probabilistic backpropagation.
model:
  name: pbp
  layers:
    - {type: Dense, units: 50}
    - ReLU
    - {type: Dense, units: 1}
data: {name: uci}
train:
  epochs: 40
  global_batch_size: 32
  loss: {type: gaussian, learn_sigma: true}
inference: pbp
predict: {samples: 200}
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
          {"hmc",
           {.description = "Hamiltonian Monte Carlo, ten chains",
            .recipe = hmc,
            .candidates = {{"train.loss.min_sigma=0.003"}, {"train.loss.min_sigma=0.02"}}}},
          {"laplace",
           {.description = "Laplace's approximation of the last layer",
            .recipe = laplace,
            .candidates = {{"train.epochs=150"}, {"train.epochs=500"}}}},
          {"swag",
           {.description = "stochastic weight averaging, Gaussian",
            .recipe = swag,
            .candidates = {{"train.learning_rate=0.005"}, {"train.learning_rate=0.01"}}}},
          {"sghmc",
           {.description = "stochastic gradient Hamiltonian Monte Carlo, five cycles",
            .recipe = sghmc,
            .candidates = {{"inference.temperature=1"}, {"inference.temperature=0.1"}}}},
          {"pbp",
           {.description = "probabilistic backpropagation", .recipe = pbp, .candidates = {{}}}},
      });
  return methods;
}

}  // namespace credence::cli
