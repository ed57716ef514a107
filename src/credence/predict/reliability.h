#pragma once

#include <string>
#include <vector>

#include "credence/predict/bootstrap.h"
#include "credence/predict/predictor.h"

namespace credence {

/// Wilson's score interval of 95% for a probability, of so many successes. [0, 1] of no trials.
/// Source  Wilson 1927, doi:10.1080/01621459.1927.10502953.
Interval wilson_interval(double successes, double trials);

/// One bin of a reliability diagram: predictions whose confidence is in [lower, upper), the last
/// bin also at 1.
struct ReliabilityBin {
  double lower, upper;
  double examples;
  double confidence;  ///< sum over them
  double correct;     ///< how many of them are
};

/// The bins of `ece`, over the parts of all ranks. Collective.
std::vector<ReliabilityBin> reliability_bins(const PredictedPart& part, Communicator& communicator);

/// One point of a regression's reliability diagram.
struct CoveragePoint {
  double nominal;    ///< probability of the central interval
  double empirical;  ///< share of targets in it
  double targets;    ///< how many there are
};

/// Of the levels 0.05, 0.10, ... 0.95 of a predictive density, over the targets of all ranks.
/// ShapeError unless the predictions have one. Collective.
/// Source  Kuleshov et al. 2018, arXiv:1807.00263.
std::vector<CoveragePoint> coverage_curve(const PredictedPart& part, Communicator& communicator);

/// As text: a header, and a line for each bin or level. A bin without examples has neither mean
/// confidence nor accuracy.
std::string reliability_csv(const std::vector<ReliabilityBin>& bins);
std::string reliability_csv(const std::vector<CoveragePoint>& curve);

}  // namespace credence
