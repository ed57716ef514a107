#include "credence/bayes/weight_prior.h"

#include <cmath>

#include "credence/base/errors.h"

namespace credence {

WeightPrior::WeightPrior(std::string_view where, const Options& options) : options_(options) {
  require<ConfigError>(options.sigma > 0 && std::isfinite(options.sigma), where,
                       ": prior.sigma must be positive and finite, got ", options.sigma);
}

double WeightPrior::sigma(const Parameter& parameter) const {
  const Shape& shape = parameter.value.shape();
  if (!options_.scaled || shape.rank() < 2) return options_.sigma;
  return options_.sigma / std::sqrt(static_cast<double>(shape.row_size()));
}

double WeightPrior::precision(const Parameter& parameter) const {
  const double own = sigma(parameter);
  return 1 / (own * own);
}

}  // namespace credence
