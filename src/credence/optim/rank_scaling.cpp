#include "credence/optim/rank_scaling.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/base/registry.h"

namespace credence {

double learning_rate_scale(RankScaling rule, int ranks) {
  require<InternalError>(ranks >= 1, "learning_rate_scale: ranks must be 1 or more, got ", ranks);
  switch (rule) {
    case RankScaling::none:
      return 1;
    case RankScaling::linear:
      return ranks;
    case RankScaling::sqrt:
      return std::sqrt(static_cast<double>(ranks));
  }
  throw InternalError("learning_rate_scale: unknown rule");
}

RankScaling rank_scaling(const std::string& name) {
  static const Registry<RankScaling> rules(
      "learning-rate scaling",
      {{"none", RankScaling::none}, {"linear", RankScaling::linear}, {"sqrt", RankScaling::sqrt}});
  return rules.find(name);
}

}  // namespace credence
