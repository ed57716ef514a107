#include "credence/inference/ivon.h"

namespace credence {

void IvonInference::check(const Training& training) const {
  require_deterministic(name(), training);
  require_likelihood(name(), training);
  WeightPrior(name(), options_.prior).check(training.model.parameters());
}

Inferred IvonInference::run(const Training& training) {
  Ivon optimizer(options_, training.data->size());
  Trained trained = train(training, optimizer);
  auto posterior =
      std::make_unique<GaussianSamples>(optimizer.posterior(training.model.parameters()));
  return {.report = trained.report,
          .weights = std::move(posterior),
          .optimizer_state = std::move(trained.optimizer_state)};
}

}  // namespace credence
