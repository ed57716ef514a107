#include "credence/diagnostics/kl_check.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "credence/base/text.h"
#include "credence/diagnostics/moments.h"
#include "credence/distributions/gaussian.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

constexpr double most_weights = 2e7;  // drawn for a posterior
constexpr double limit = 5;           // of |z|: two-sided 6e-7

std::int64_t draws_of(std::int64_t weights) {
  return std::clamp(static_cast<std::int64_t>(most_weights / static_cast<double>(weights)),
                    INT64_C(60), INT64_C(2000));
}

/// log q(w) - log p(w) of whole draws of the weights.
Moments draw_log_ratios(const Belief& belief, std::int64_t draws, std::uint64_t seed) {
  const MeanFieldGaussian& posterior = *belief.posterior;
  const Tensor mu = converted(posterior.mu.value, DType::float64);
  const Tensor rho = converted(posterior.rho.value, DType::float64);
  const auto size = static_cast<std::size_t>(mu.size());
  const double *const means = mu.data<double>(), *const rhos = rho.data<double>();
  std::vector<double> sigma(size), eps(size), weights(size), log_prior(size);
  double log_sigma = 0;
  for (std::size_t i = 0; i < size; ++i) {
    sigma[i] = softplus(rhos[i]);
    log_sigma += log_softplus(rhos[i]);
  }
  const NoiseKey key = noise_key(seed, Stream::noise, "check.kl." + posterior.name);
  Moments ratios;
  for (std::int64_t draw = 0; draw < draws; ++draw) {
    fill_normal(std::span(eps), key, {.step = static_cast<std::uint64_t>(draw)});
    for (std::size_t i = 0; i < size; ++i) weights[i] = means[i] + sigma[i] * eps[i];
    belief.prior->log_density(posterior, weights, log_prior);
    double ratio = -log_sigma - static_cast<double>(size) * half_log_2_pi;
    for (std::size_t i = 0; i < size; ++i) ratio -= 0.5 * eps[i] * eps[i] + log_prior[i];
    ratios.add(ratio);
  }
  return ratios;
}

/// The prior's own figure, over several steps if it is drawn.
Moments given_kl(const Belief& belief, std::uint64_t seed) {
  constexpr std::uint64_t steps = 32;
  Moments kl;
  for (std::uint64_t step = 0; step < steps; ++step)
    kl.add(belief.prior->kl(*belief.posterior, {.seed = seed, .step = step}));
  return kl;
}

CheckRow check(const Belief& belief, std::uint64_t seed) {
  const std::int64_t weights = belief.posterior->mu.value.size();
  const Moments given = given_kl(belief, seed);
  const Moments drawn = draw_log_ratios(belief, draws_of(weights), seed);
  // Terms in float32 are rounded.
  const double rounding = 1e-7 * static_cast<double>(weights);
  const double error = std::hypot(given.standard_error(), drawn.standard_error(), rounding);
  return judged({.check = "kl of " + belief.posterior->name,
                 .figure = std::abs(given.mean() - drawn.mean()) / error,
                 .limit = limit,
                 .unit = "|z|",
                 .says = fmt::format(
                     "KL of {} weights: {:.6g} nats as training takes it, {:.6g} +- {:.2g} "
                     "from n = {} draws",
                     with_thousands(weights), given.mean(), drawn.mean(), error, drawn.count())});
}

}  // namespace

std::vector<CheckRow> check_kl(const Subject& subject) {
  if (!subject.model.is_bayesian()) return {skipped("kl", "no layer has a posterior")};
  std::vector<CheckRow> rows;
  for (const Belief& belief : subject.model.beliefs()) rows.push_back(check(belief, subject.seed));
  return rows;
}

}  // namespace credence
