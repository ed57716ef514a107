#include "credence/inference/ivon.h"

namespace credence {

void IvonInference::check(const Training& training) const {
  require_deterministic(name(), training);
  require_likelihood(name(), training);
  WeightPrior(name(), options_.prior).check(training.model.parameters());
}

Inferred IvonInference::run(const Training& training) {
  Ivon optimizer(options_, training.data->size());
  const TrainReport report = train(training, optimizer);
  auto posterior =
      std::make_unique<GaussianSamples>(optimizer.posterior(training.model.parameters()));
  return {.report = report, .weights = std::move(posterior), .optimizer_state = optimizer.state()};
}

}  // namespace credence
