#pragma once

#include "credence/losses/metric.h"

namespace credence {

// What predictions hold already for each example; figures of one example, for MeanMetric.
// ShapeError if the predictions do not hold it, as entropies in regression.

/// -log of the predictive probability (density) of the target.
struct NegativeLogLikelihood {
  static constexpr const char* name = "nll";
  static constexpr bool fits(Problem problem) { return has_likelihood(problem); }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

/// The same with the other sign, as papers on regression report it.
struct LogLikelihood {
  static constexpr const char* name = "ll";
  static constexpr bool fits(Problem problem) { return has_likelihood(problem); }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

/// Entropy of the predictive distribution: all that is uncertain.
struct PredictiveEntropy {
  static constexpr const char* name = "predictive_entropy";
  static constexpr bool fits(Problem problem) { return problem == Problem::classification; }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

/// What more data could teach: the part of the predictive entropy that comes from the weights.
struct MutualInformation {
  static constexpr const char* name = "mutual_information";
  static constexpr bool fits(Problem problem) { return problem == Problem::classification; }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

}  // namespace credence
