#include "credence/diagnostics/posterior_summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"
#include "credence/distributions/sample_quantile.h"

namespace credence {
namespace {

/// Points of a standard normal with their weights: on an even grid the sum of a smooth function
/// converges faster than any power, and a kink costs little.
struct NormalGrid {
  static constexpr int points = 65;
  static constexpr double step = 0.25;

  static double place(int point) { return step * (point - points / 2); }
  static double weight(int point) {
    return step * std::exp(-0.5 * place(point) * place(point) - half_log_2_pi);
  }
};

double or_infinite(double x) {
  return std::isnan(x) ? std::numeric_limits<double>::infinity() : x;
}

double initial_sigma_of(const GraphSpec& graph, const std::string& posterior) {
  for (const NodeSpec& node : graph.nodes)
    if (node.variational &&
        (posterior == node.name + ".weight" || posterior == node.name + ".bias"))
      return node.variational->initial_sigma;
  throw InternalError(concat("no layer has a posterior ", posterior));
}

template <class Holds>
double share_of(std::span<const double> values, const Holds& holds) {
  return static_cast<double>(std::ranges::count_if(values, holds)) /
         static_cast<double>(values.size());
}

std::vector<double> sigmas_of(const MeanFieldGaussian& posterior) {
  const Tensor rho = converted(posterior.rho.value, DType::float64);
  std::vector<double> sigma;
  for (const double value : rho.span<double>()) sigma.push_back(or_infinite(softplus(value)));
  return sigma;
}

PosteriorSummary summarize(const Belief& belief, double initial_sigma, std::uint64_t seed) {
  const MeanFieldGaussian& posterior = *belief.posterior;
  PosteriorSummary summary{.name = posterior.name,
                           .weights = posterior.mu.value.size(),
                           .kl = belief.prior->kl(posterior, {.seed = seed}),
                           .initial_sigma = initial_sigma};
  std::vector<double> ratios = signal_to_noise(posterior), sigmas = sigmas_of(posterior);
  std::ranges::sort(ratios);
  std::ranges::transform(PosteriorSummary::levels, summary.ratios.begin(),
                         [&](double level) { return sample_quantile(ratios, level); });
  summary.collapsed =
      share_of(kl_by_weight(belief), [](double kl) { return kl < PosteriorSummary::collapse_kl; });
  summary.stuck = share_of(sigmas, [&](double sigma) {
    return std::abs(std::log(sigma / initial_sigma)) < std::log(PosteriorSummary::stuck_ratio);
  });
  std::ranges::sort(sigmas);
  summary.median_sigma = sample_quantile(sigmas, 0.5);
  return summary;
}

}  // namespace

std::vector<double> kl_by_weight(const Belief& belief) {
  const MeanFieldGaussian& posterior = *belief.posterior;
  const Tensor mu = converted(posterior.mu.value, DType::float64);
  const Tensor rho = converted(posterior.rho.value, DType::float64);
  const auto means = mu.span<double>(), rhos = rho.span<double>();
  const std::size_t size = means.size();
  std::vector<double> kl(size), weights(size), log_prior(size);
  for (std::size_t i = 0; i < size; ++i) kl[i] = -0.5 - half_log_2_pi - log_softplus(rhos[i]);
  for (int point = 0; point < NormalGrid::points; ++point) {
    for (std::size_t i = 0; i < size; ++i)
      weights[i] = means[i] + softplus(rhos[i]) * NormalGrid::place(point);
    belief.prior->log_density(posterior, weights, log_prior);
    for (std::size_t i = 0; i < size; ++i) kl[i] -= NormalGrid::weight(point) * log_prior[i];
  }
  return kl;
}

std::vector<double> signal_to_noise(const MeanFieldGaussian& posterior) {
  const Tensor mu = converted(posterior.mu.value, DType::float64);
  std::vector<double> ratios = sigmas_of(posterior);
  for (std::size_t i = 0; i < ratios.size(); ++i)
    ratios[i] = or_infinite(std::abs(mu.span<double>()[i]) / ratios[i]);
  return ratios;
}

std::vector<PosteriorSummary> summarize_posteriors(const Subject& subject) {
  std::vector<PosteriorSummary> summaries;
  for (const Belief& belief : subject.model.beliefs())
    summaries.push_back(
        summarize(belief, initial_sigma_of(subject.graph, belief.posterior->name), subject.seed));
  return summaries;
}

LossShares loss_shares(const Subject& subject, std::int64_t examples) {
  const Examples drawn = subject.examples(examples);
  const std::int64_t count = drawn.count(), batch = subject.model.max_batch();
  LossShares shares{.kl = subject.kl_scale() * subject.model.kl({.seed = subject.seed}),
                    .examples = count};
  for (std::int64_t first = 0; first < count; first += batch) {
    const std::int64_t rows = std::min(batch, count - first);
    // Each batch under a draw of its own.
    subject.model.forward(drawn.src.rows(first, rows),
                          {.seed = subject.seed,
                           .first_example = static_cast<std::uint32_t>(first),
                           .global_batch = count,
                           .training = false,
                           .weights = WeightSampling::predictive,
                           .sample = static_cast<std::uint32_t>(first / batch)});
    shares.nll += subject.loss.forward(subject.model.output(), drawn.target.rows(first, rows),
                                       static_cast<double>(count), nullptr);
  }
  return shares;
}

}  // namespace credence
