#pragma once

#include <string>
#include <vector>

#include "credence/predict/reliability.h"

namespace credence {

/// Test examples whose predictive sigma is about the same, and how far off their predictions are.
struct SigmaGroup {
  double sigma = 0;  ///< root of their mean predictive variance
  double error = 0;  ///< root of their mean squared error
  double examples = 0;
};

/// One target of a regression, in its own units. The points are some of the test examples, evenly
/// spread, the groups of them all.
struct RegressionTarget {
  std::string name;
  std::vector<double> truth, predicted;
  std::vector<double> sigma, lower, upper;  ///< of a density, else empty; lower, upper also of
                                            ///< calibrated intervals
  std::vector<SigmaGroup> groups;           ///< of a density, else empty
};

struct RegressionFigures {
  std::int64_t examples = 0;
  double interval = 0.9;  ///< probability between lower and upper
  std::vector<RegressionTarget> targets;
  std::vector<CoveragePoint> coverage;  ///< of a density, else empty
};

struct RegressionFiguresOptions {
  double interval = 0.9;
  std::int64_t points = 1000;  ///< of a target, at most
  std::int64_t targets = 4;    ///< that are shown, at most
  std::int64_t groups = 10;    ///< of examples
};

/// Of the predictions of a whole test set, rows in its order.
RegressionFigures regression_figures(const PredictedPart& whole, const TargetInfo& info,
                                     const RegressionFiguresOptions& options = {});

}  // namespace credence
