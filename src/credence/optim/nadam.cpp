#include "credence/optim/nadam.h"

#include "credence/optim/checks.h"

namespace credence {

NadamRule::NadamRule(const Options& options) : options_(options) {
  require_fraction(name, "beta1", options.beta1);
  require_fraction(name, "beta2", options.beta2);
  require_positive(name, "epsilon", options.epsilon);
  require_not_negative(name, "weight_decay", options.weight_decay);
  require_not_negative(name, "momentum_decay", options.momentum_decay);
}

double NadamRule::momentum(double t) const {
  return options_.beta1 * (1 - 0.5 * std::pow(0.96, t * options_.momentum_decay));
}

double NadamRule::momentum_product(std::uint64_t steps) const {
  // Below half an ulp of 1 the product no longer counts: after some 60 factors with the defaults,
  // 38 / (1 - beta1) at most.
  constexpr double negligible = 0x1p-54;
  double product = 1;
  for (std::uint64_t t = 1; t <= steps && product >= negligible; ++t)
    product *= momentum(static_cast<double>(t));
  return product;
}

template class ElementwiseOptimizer<NadamRule>;

}  // namespace credence
