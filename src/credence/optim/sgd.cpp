#include "credence/optim/sgd.h"

#include "credence/optim/checks.h"

namespace credence {

SgdRule::SgdRule(const Options& options) : options_(options) {
  require_fraction(name, "momentum", options.momentum);
  require_not_negative(name, "weight_decay", options.weight_decay);
  require<ConfigError>(!options.nesterov || options.momentum > 0, name,
                       ": nesterov needs momentum above 0, got ", options.momentum);
}

template class ElementwiseOptimizer<SgdRule>;

}  // namespace credence
