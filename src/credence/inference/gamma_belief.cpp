#include "credence/inference/gamma_belief.h"

#include <cmath>

#include "credence/distributions/gaussian.h"

namespace credence {

TargetEvidence evidence(double x, const NormalMoments& prediction, const GammaBelief& precision) {
  const double variance = prediction.variance + precision.expected_variance();
  const double error = x - prediction.mean;
  return {.log = -half_log_2_pi - 0.5 * (std::log(variance) + error * error / variance),
          .by_mean = error / variance,
          .by_variance = 0.5 * (error * error / variance - 1) / variance};
}

std::optional<GammaBelief> updated(const GammaBelief& precision, double x,
                                   const NormalMoments& prediction) {
  const double a = precision.shape, b = precision.rate;
  const double z = evidence(x, prediction, {a, b}).log;
  const double z1 = evidence(x, prediction, {a + 1, b}).log;
  const double z2 = evidence(x, prediction, {a + 2, b}).log;
  const GammaBelief belief{.shape = 1 / (std::exp(z2 - 2 * z1 + z) * (a + 1) / a - 1),
                           .rate = b / (std::exp(z2 - z1) * (a + 1) - std::exp(z1 - z) * a)};
  const bool exists = belief.shape > 1 && belief.rate > 0 && std::isfinite(belief.shape) &&
                      std::isfinite(belief.rate);
  return exists ? std::optional(belief) : std::nullopt;
}

}  // namespace credence
