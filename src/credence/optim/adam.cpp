#include "credence/optim/adam.h"

#include "credence/optim/checks.h"

namespace credence {

AdamRule::AdamRule(const Options& options) : options_(options) {
  require_fraction(name, "beta1", options.beta1);
  require_fraction(name, "beta2", options.beta2);
  require_positive(name, "epsilon", options.epsilon);
  require_not_negative(name, "weight_decay", options.weight_decay);
}

template class ElementwiseOptimizer<AdamRule>;

}  // namespace credence
