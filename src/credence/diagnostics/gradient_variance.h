#pragma once

#include "credence/diagnostics/subject.h"

namespace credence {

struct NamedEstimator {
  std::string name;
  EstimatorFactory make;
};

/// A trace of a covariance, and the standard error of its estimate.
struct VarianceTrace {
  double value = 0;
  double error = 0;
};

/// Over the noise of a step, the batch held fixed, without the KL: the sum over all elements of the
/// variance of the gradient.
struct GradientVariance {
  std::string estimator;
  VarianceTrace mu;
  VarianceTrace rho;
};

struct GradientVarianceOptions {
  std::int64_t examples = 32;
  std::int64_t pairs = 24;  ///< independent pairs of draws: half the squared distance of a pair's
                            ///< gradients is an unbiased estimate of the trace
};

/// For the network with each of the estimators in all of its layers with a posterior.
std::vector<GradientVariance> gradient_variances(const Subject& subject,
                                                 std::span<const NamedEstimator> estimators,
                                                 const GradientVarianceOptions& options = {});

}  // namespace credence
