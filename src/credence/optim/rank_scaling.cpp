#include "credence/optim/rank_scaling.h"

#include <cmath>

#include "credence/base/errors.h"

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

}  // namespace credence
