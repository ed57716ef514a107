#include "credence/inference/pbp_prior.h"

namespace credence {
namespace {

/// Of weights that data have said nothing about: their factor is all that is known.
constexpr double widest = 1e6;

}  // namespace

PbpPrior::PbpPrior(std::size_t weights, const GammaBelief& precision)
    : factors_(weights, Factor{.normal_precision = 1 / precision.expected_variance()}),
      precision_(precision) {}

void PbpPrior::refine(NormalWeights& posterior) {
  for (std::size_t i = 0; i < factors_.size(); ++i) {
    double &mean = posterior.mean[i], &variance = posterior.variance[i];
    Factor& factor = factors_[i];
    const double without_precision = 1 / variance - factor.normal_precision;
    const double without_shift = mean / variance - factor.normal_shift;
    const NormalMoments without{.mean = without_shift / without_precision,
                                .variance = 1 / without_precision};
    const GammaBelief others{.shape = precision_.shape - factor.shape,
                             .rate = precision_.rate - factor.rate};
    const bool exists =
        without.variance > 0 && without.variance < widest && others.shape > 1 && others.rate > 0;
    if (!exists) continue;
    const TargetEvidence of_zero = evidence(0, without, others);
    const std::optional<NormalMoments> weight =
        updated(without, of_zero.by_mean, of_zero.by_variance);
    const std::optional<GammaBelief> precision = updated(others, 0, without);
    if (!weight || !precision) continue;
    factor = {.normal_precision = 1 / weight->variance - without_precision,
              .normal_shift = weight->mean / weight->variance - without_shift,
              .shape = precision->shape - others.shape,
              .rate = precision->rate - others.rate};
    mean = weight->mean;
    variance = weight->variance;
    precision_ = *precision;
  }
}

}  // namespace credence
