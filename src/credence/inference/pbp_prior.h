#pragma once

#include "credence/inference/pbp_network.h"

namespace credence {

/// The prior N(0, 1 / precision) of all weights, with a Gamma belief about their precision. In the
/// posterior each weight's prior is there as a factor, a normal in the weight and a Gamma in the
/// precision, which expectation propagation refines when data have said what they mean.
///
/// Source  Hernandez-Lobato and Adams 2015, arXiv:1502.05336, section 3.
class PbpPrior {
 public:
  PbpPrior(std::size_t weights, const GammaBelief& precision);

  const GammaBelief& precision() const { return precision_; }
  /// Takes each weight's factor out of the posterior, and puts in the one that then fits best.
  /// Those stay for which that makes no distribution.
  void refine(NormalWeights& posterior);

 private:
  /// What the factor adds to natural parameters: of the normal, 1 / v and m / v; of the Gamma,
  /// shape and rate.
  struct Factor {
    double normal_precision = 0, normal_shift = 0;
    double shape = 0, rate = 0;
  };

  std::vector<Factor> factors_;
  GammaBelief precision_;
};

}  // namespace credence
