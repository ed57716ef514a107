#pragma once

#include <memory>

#include "credence/bayes/gaussian_prior.h"
#include "credence/bayes/variational_linear.h"

namespace credence {

/// A posterior of that estimator, N(0, 1) prior.
template <class E>
VariationalSpec variational(double sigma = 0.3) {
  return {.estimator = [] { return std::make_unique<E>(); },
          .prior = std::make_shared<GaussianPrior>(GaussianOptions{}),
          .initial_sigma = sigma};
}

}  // namespace credence
