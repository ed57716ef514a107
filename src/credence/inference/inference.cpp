#include "credence/inference/inference.h"

#include "credence/base/errors.h"

namespace credence {

Trained train(const Training& training, Optimizer& optimizer) {
  Communicator& communicator = training.communicator;
  Loader loader(training.data, training.batches, communicator.rank(), communicator.size());
  Trainer trainer({.model = training.model,
                   .loss = training.loss,
                   .optimizer = optimizer,
                   .loader = loader,
                   .communicator = communicator,
                   .schedule = training.schedule,
                   .validation = training.validation,
                   .timeline = training.timeline,
                   .checkpoints = training.checkpoints,
                   .stateful = training.stateful},
                  training.options);
  for (Observer* observer : training.observers) trainer.add_observer(*observer);
  const TrainReport report = trainer.run();
  return {.report = report, .optimizer_state = trainer.optimizer_state()};
}

void require_deterministic(const std::string& method, const Training& training) {
  require<ConfigError>(!training.model.is_bayesian(), method,
                       " finds a posterior of a network's weights, and layers of model \"",
                       training.model.name(),
                       "\" have one already: remove it by model.bayesian.layers=[]");
}

void require_likelihood(const std::string& method, const Training& training) {
  require<ConfigError>(has_likelihood(training.loss.problem()), method, ": ", training.loss.name(),
                       " is no likelihood: regression takes train.loss=gaussian");
}

}  // namespace credence
