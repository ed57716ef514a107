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

/// Continuous ranked probability score: the integral over x of (F(x) - [x >= target])^2, F being
/// the predictive distribution, averaged over the targets of an example. Units: the targets'. For a
/// prediction without a spread it is the absolute error.
/// Source  Gneiting and Raftery 2007, doi:10.1198/016214506000001437.
struct ContinuousRankedProbabilityScore {
  static constexpr const char* name = "crps";
  static constexpr bool fits(Problem problem) { return problem == Problem::density_regression; }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

/// Share of targets between the predictions' lower and upper quantiles (prediction interval
/// coverage probability): the interval's own probability, if predictions are calibrated.
struct IntervalCoverage {
  static constexpr const char* name = "picp";
  static constexpr bool fits(Problem problem) { return problem == Problem::density_regression; }
  static double of_example(const Predictions& predictions, const Tensor& target, std::int64_t row);
};

/// Mean width of those intervals (mean prediction interval width). Units: the targets'.
struct IntervalWidth {
  static constexpr const char* name = "mpiw";
  static constexpr bool fits(Problem problem) { return problem == Problem::density_regression; }
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
