#pragma once

#include "credence/bayes/posterior.h"

namespace credence {

// The average of the posteriors that ranks have come to, each of all weights: the logarithmic
// opinion pool, their geometric mean
//
//   q(w) proportional to (q_1(w) ... q_n(w))^(1/n),   1 / sigma^2 = mean of 1 / sigma_r^2,
//   mu = mean of mu_r / sigma_r^2, times sigma^2,
//
// which of all q has the least mean KL(q || q_r). Where a rank is sure, its mean counts for more,
// and where all agree nothing changes. Ranks differ by the batches that they saw: moments of the
// mixture would take that for uncertainty of the weights, and a product without the root would
// count prior and data n times, since each rank's posterior is one of all of the data.
//
// Source  Genest and Zidek 1986, doi:10.1214/ss/1177013825, section 3; that steps of natural
//         gradients on parts of the data add up in the same parameters: Ashman et al. 2022,
//         arXiv:2202.12275.

/// Leaves mu / sigma^2 and 1 / sigma^2 in the memory of the gradients of mu and rho.
void to_natural_parameters(MeanFieldGaussian& posterior);
/// Takes the average from the sums of these over so many posteriors.
void from_sum_of_natural_parameters(MeanFieldGaussian& posterior, int posteriors);

}  // namespace credence
