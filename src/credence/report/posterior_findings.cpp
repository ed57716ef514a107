#include "credence/report/posterior_findings.h"

#include <fmt/format.h>

namespace credence {
namespace {

constexpr double most = 0.5;
constexpr double nearly_all = 0.9;

std::string percent(double share) {
  return fmt::format("{:.0f}%", 100 * share);
}

Finding collapsed(const PosteriorSummary& posterior) {
  return {fmt::format("{}: {} of the weights have collapsed to the prior", posterior.name,
                      percent(posterior.collapsed)),
          fmt::format("The KL of each of them is below {} nats: they say nothing of the data, and "
                      "add noise to every prediction.",
                      PosteriorSummary::collapse_kl),
          "Try train.kl.warmup_epochs, a prior that follows the layer's width "
          "(model.bayesian.prior=scaled_gaussian or empirical_gaussian), more data, or a smaller "
          "layer."};
}

Finding stuck(const PosteriorSummary& posterior) {
  return {fmt::format("{}: sigma is stuck at its start", posterior.name),
          fmt::format("{} of the weights have a sigma within {:.0f}% of "
                      "model.bayesian.initial_sigma, {:g}: rho has hardly moved, so the "
                      "uncertainty is the one that was put in.",
                      percent(posterior.stuck), 100 * (PosteriorSummary::stuck_ratio - 1),
                      posterior.initial_sigma),
          "Train longer or with a greater learning rate, or begin at another "
          "model.bayesian.initial_sigma."};
}

Finding dominated(const LossShares& loss) {
  return {fmt::format("The KL makes {} of the loss", percent(loss.kl_share())),
          fmt::format("nll {:.4g} and kl/N {:.4g}, with its weight, of an example: the prior "
                      "counts for more than the data.",
                      loss.nll, loss.kl),
          "More data, fewer layers with a posterior (model.bayesian.layers), a prior nearer to "
          "the weights, or train.kl.weight below 1, which tempers the posterior."};
}

}  // namespace

std::vector<Finding> check_posteriors(std::span<const PosteriorSummary> posteriors,
                                      const LossShares& loss) {
  std::vector<Finding> findings;
  for (const PosteriorSummary& posterior : posteriors) {
    if (posterior.collapsed > most) findings.push_back(collapsed(posterior));
    if (posterior.stuck > nearly_all) findings.push_back(stuck(posterior));
  }
  // A log-density may be positive, and an nll negative: then shares have no meaning.
  if (!posteriors.empty() && loss.nll > 0 && loss.kl > loss.nll)
    findings.push_back(dominated(loss));
  return findings;
}

}  // namespace credence
