#pragma once

#include "credence/diagnostics/posterior_summary.h"
#include "credence/machine/findings.h"

namespace credence {

/// What went wrong in training, by the look of its posteriors: most weights of one at the prior, a
/// KL that outweighs the data, scales that hardly moved.
std::vector<Finding> check_posteriors(std::span<const PosteriorSummary> posteriors,
                                      const LossShares& loss);

}  // namespace credence
