#include "credence/inference/single.h"

namespace credence {

Inferred SingleNetwork::run(const Training& training) {
  const std::unique_ptr<Optimizer> optimizer = training.make_optimizer();
  return {.report = train(training, *optimizer), .optimizer_state = optimizer->state()};
}

}  // namespace credence
