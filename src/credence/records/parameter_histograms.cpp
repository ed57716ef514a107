#include "credence/records/parameter_histograms.h"

#include <algorithm>

namespace credence {

std::vector<ParameterHistogram> parameter_histograms(const Model& model, int most_bins) {
  const std::vector<Belief> beliefs = model.beliefs();
  std::vector<ParameterHistogram> histograms;
  for (const Parameter* parameter : model.parameters()) {
    const auto is_of = [&](const Belief& belief) {
      return parameter == &belief.posterior->mu || parameter == &belief.posterior->rho;
    };
    const auto belief = std::ranges::find_if(beliefs, is_of);
    const bool is_belief = belief != beliefs.end();
    const bool is_rho = is_belief && parameter == &belief->posterior->rho;
    const std::span<const float> values = parameter->value.span<float>();
    const int bins = rice_bins(static_cast<std::int64_t>(values.size()), most_bins);
    histograms.push_back(
        {.layer = is_belief ? belief->posterior->name : parameter->name,
         .quantity = is_rho      ? "sigma"
                     : is_belief ? "mu"
                                 : "weight",
         .histogram = histogram_of(values, bins, is_rho ? Transform::softplus : Transform::none)});
  }
  return histograms;
}

}  // namespace credence
