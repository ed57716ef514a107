#include "credence/bayes/weight_prior.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {

WeightPrior::WeightPrior(std::string_view where, const Options& options)
    : where_(where), options_(options) {
  const auto require_sigma = [&](const std::string& key, double sigma) {
    require<ConfigError>(sigma > 0 && std::isfinite(sigma), where, ": prior.", key,
                         " must be positive and finite, got ", sigma);
  };
  require_sigma("sigma", options.sigma);
  for (const auto& [parameter, sigma] : options.of) require_sigma("of." + parameter, sigma);
}

void WeightPrior::check(std::span<Parameter* const> parameters) const {
  std::vector<std::string> names;
  for (const Parameter* parameter : parameters) names.push_back(parameter->name);
  for (const auto& named : options_.of)
    require<ConfigError>(std::ranges::count(names, named.first) > 0, where_,
                         ": prior.of: ", unknown_name("parameter", named.first, names));
}

double WeightPrior::sigma(const Parameter& parameter) const {
  const auto own = options_.of.find(parameter.name);
  if (own != options_.of.end()) return own->second;
  const Shape& shape = parameter.value.shape();
  if (!options_.scaled || shape.rank() < 2) return options_.sigma;
  return options_.sigma / std::sqrt(static_cast<double>(shape.row_size()));
}

double WeightPrior::precision(const Parameter& parameter) const {
  const double own = sigma(parameter);
  return 1 / (own * own);
}

}  // namespace credence
