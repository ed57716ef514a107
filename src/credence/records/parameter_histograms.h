#pragma once

#include <string>
#include <vector>

#include "credence/model/model.h"
#include "credence/records/histogram.h"

namespace credence {

/// How one quantity is spread over the elements of a parameter.
struct ParameterHistogram {
  std::string layer;     ///< "conv1.weight"
  std::string quantity;  ///< "mu", "sigma" of a posterior; "weight" of a parameter without one
  Histogram histogram;
};

/// Of all parameters, in their order. Two passes over the weights: some milliseconds for a million.
std::vector<ParameterHistogram> parameter_histograms(const Model& model, int most_bins = 60);

}  // namespace credence
