#pragma once

#include <array>

#include "credence/diagnostics/subject.h"

namespace credence {

/// KL of each weight of a posterior from its prior, nats, by a sum over 65 points of each normal.
std::vector<double> kl_by_weight(const Belief& belief);

/// |mu| / sigma of each weight: the ratio of signal to noise. Infinite where it is no number, so
/// that weights can be put in order whatever they are.
std::vector<double> signal_to_noise(const MeanFieldGaussian& posterior);

/// What training made of one posterior.
struct PosteriorSummary {
  static constexpr std::array<double, 5> levels{0.05, 0.25, 0.5, 0.75, 0.95};
  /// KL in nats below which a weight counts as collapsed to the prior: the epsilon of Lucas et al.
  /// 2019, arXiv:1911.02469, whose (epsilon, delta)-collapse is said of latent variables.
  static constexpr double collapse_kl = 0.01;
  /// How far, as a ratio, sigma may be from where it began and not have moved.
  static constexpr double stuck_ratio = 1.05;

  std::string name;  ///< "conv1.weight"
  std::int64_t weights = 0;
  double kl = 0;                               ///< as training takes it, nats
  std::array<double, levels.size()> ratios{};  ///< quantiles of |mu| / sigma
  double median_sigma = 0;
  double initial_sigma = 0;
  double collapsed = 0;  ///< share of weights
  double stuck = 0;      ///< share of weights whose sigma is within stuck_ratio of the initial one
};

std::vector<PosteriorSummary> summarize_posteriors(const Subject& subject);

/// The loss of training, over the first examples of the data.
struct LossShares {
  double nll = 0;  ///< expected under the posterior, of an example
  double kl = 0;   ///< times its weight, over the number of examples
  std::int64_t examples = 0;

  double kl_share() const { return kl / (nll + kl); }
};

LossShares loss_shares(const Subject& subject, std::int64_t examples = 2000);

}  // namespace credence
