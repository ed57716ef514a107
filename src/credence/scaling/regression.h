#pragma once

#include <vector>

#include "credence/scaling/random_draws.h"

namespace credence {

/// A figure that was measured, and what it is a sum of:
///
///   value = sum_j terms[j] * coefficient[j] + scale * sigma * e,   e standard normal
struct Observation {
  std::vector<double> terms;  ///< not negative
  double value = 0;
  double scale = 1;  ///< more than 0
};

struct RegressionOptions {
  double prior_sigma = 0.01;  ///< what sigma is taken for, with the weight of one observation
  int draws = 2000;
};

/// One draw of what is not known.
struct RegressionDraw {
  std::vector<double> coefficients;
  double sigma = 0;
};

/// Draws of the coefficients of a linear model, none of them negative, and of its noise, under
/// priors that are flat over the coefficients, and a scaled inverse chi-squared one of one degree
/// of freedom over sigma^2.
///
/// Their spread is what the observations leave open: where two terms cannot be told apart, it
/// reaches from all of one to all of the other. Gibbs sampling along the axes of the posterior,
/// each of them by a slice (Neal 2003), and of sigma (Gelman et al., Bayesian Data Analysis, 14.2).
/// Errors  InternalError if there is no observation, or a term that none of them has.
std::vector<RegressionDraw> nonnegative_regression(const std::vector<Observation>& observations,
                                                   const RegressionOptions& options,
                                                   RandomDraws& random);

}  // namespace credence
