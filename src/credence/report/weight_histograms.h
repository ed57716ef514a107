#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "credence/checkpoint/safetensors.h"

namespace credence {

/// How one quantity of a posterior is spread over its weights, at one moment of training.
struct WeightHistogram {
  std::int64_t epoch = 0, step = 0;
  std::string layer;           ///< "conv1.weight"
  std::string quantity;        ///< "mu", "sigma"; "weight" of a layer without posterior
  std::vector<double> edges;   ///< ascending, one more than counts
  std::vector<double> counts;  ///< weights in [edge, next edge), the last bin with its upper edge
};

/// The lines of a histograms.jsonl. A last line that is not whole is left out; DataError, naming
/// the line, for another that is no histogram.
std::vector<WeightHistogram> parse_weight_histograms(std::string_view text);

/// Of the posteriors that a checkpoint has: those that layers were trained with, and the normals of
/// IVON and SWAG. None of a deterministic network. Values that are not finite are left out.
std::vector<WeightHistogram> weight_histograms(const SafetensorsFile& checkpoint,
                                               int most_bins = 60);

/// The same layers, at no more than so many moments each, evenly spread, the first and the last
/// among them.
std::vector<WeightHistogram> thinned(const std::vector<WeightHistogram>& histograms,
                                     std::size_t most);

}  // namespace credence
