#include "credence/inference/single.h"

namespace credence {

Inferred SingleNetwork::run(const Training& training) {
  const std::unique_ptr<Optimizer> optimizer = training.make_optimizer();
  Trained trained = train(training, *optimizer);
  return {.report = trained.report, .optimizer_state = std::move(trained.optimizer_state)};
}

}  // namespace credence
