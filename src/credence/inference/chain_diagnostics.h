#pragma once

#include <span>
#include <vector>

namespace credence {

/// One figure along several Markov chains of equal length.
using Chains = std::vector<std::vector<double>>;

/// Potential scale reduction: near 1 when the chains, each cut in halves, agree. NaN for fewer than
/// 4 values a chain. Source: Gelman et al. 2013, Bayesian Data Analysis, section 11.4.
double split_r_hat(const Chains& chains);

/// The number of independent draws that would give the figure's mean as exactly, by Geyer's initial
/// monotone sequence over all chains. NaN for fewer than 4 values a chain.
/// Source: Vehtari et al. 2021, arXiv:1903.08008, section 3.2, without ranks.
double effective_sample_size(const Chains& chains);

}  // namespace credence
