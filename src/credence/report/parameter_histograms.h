#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "credence/model/model.h"

namespace credence {

/// Bins of equal width from the least value to the greatest; wider if these are one. Each holds its
/// lower edge, the last its upper edge too. Values that are not finite are in none.
struct Histogram {
  std::vector<double> edges;         ///< ascending, one more than counts
  std::vector<std::int64_t> counts;  ///< exact: no value is left out
  double least = 0, most = 0;
  double sum = 0, sum_of_squares = 0;

  std::int64_t count() const;
};

Histogram histogram_of(std::span<const float> values, int bins);

/// How one quantity is spread over the elements of a parameter.
struct ParameterHistogram {
  std::string layer;     ///< "conv1.weight"
  std::string quantity;  ///< "mu", "sigma" of a posterior; "weight" of a parameter without one
  Histogram histogram;
};

/// Of all parameters, in their order. Two passes over the weights: some milliseconds for a million.
std::vector<ParameterHistogram> parameter_histograms(const Model& model, int bins = 60);

}  // namespace credence
