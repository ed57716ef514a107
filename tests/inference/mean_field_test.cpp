// Mean-field variational inference on a model whose posterior is known.

#include <cmath>

#include "support/linear_gaussian.h"
#include <gtest/gtest.h>

#include "credence/bayes/gaussian_prior.h"
#include "credence/bayes/local_reparameterization.h"
#include "credence/inference/inference.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/optim/adam.h"
#include "credence/optim/schedule.h"

namespace credence {
namespace {

using test::LinearGaussian;
using test::Vector;

/// mu and sigma of each weight, and what the model says of its KL.
struct MeanField {
  Vector mu, sigma;
  double kl = 0;
};

MeanField train_mean_field(const LinearGaussian& linear, std::int64_t epochs) {
  GraphSpec graph = linear.network();
  make_variational(
      graph, {{"all"}},
      {.estimator = [] { return std::make_unique<LocalReparameterization>(); },
       .prior = std::make_shared<GaussianPrior>(GaussianOptions{.sigma = linear.prior_sigma}),
       .initial_sigma = 0.1,
       .biases = true});
  const auto rows = static_cast<std::int64_t>(linear.y.size());
  Model model(graph, {.max_batch = rows});
  GaussianLikelihood loss({.sigma = linear.sigma});
  loss.setup({1}, {1}, 0);
  const auto communicator = self_communicator();
  Adam adam({.beta2 = 0.99});
  const CosineSchedule schedule;
  train({.model = model,
         .loss = loss,
         .communicator = *communicator,
         .data = linear.data(),
         .batches = {.global_batch = rows},
         .options = {.epochs = epochs, .learning_rate = 0.02},
         .schedule = &schedule},
        adam);
  MeanField found;
  // dense1.weight_mu, weight_rho, bias_mu, bias_rho
  for (const std::size_t first : {0u, 2u}) {
    for (const float mu : model.parameters()[first]->value.span<float>()) found.mu.push_back(mu);
    for (const float rho : model.parameters()[first + 1]->value.span<float>())
      found.sigma.push_back(std::log1p(std::exp(double{rho})));
  }
  found.kl = model.kl({});
  return found;
}

TEST(MeanField, HasTheVariancesAndTheElboOfALinearGaussianModel) {
  const LinearGaussian linear(21);
  const MeanField q = train_mean_field(linear, 8000);
  for (std::size_t i = 0; i < 3; ++i) {
    const double sigma = 1 / std::sqrt(linear.precision[i][i]);
    EXPECT_NEAR(q.sigma[i] / sigma, 1, 0.03) << i;
    EXPECT_NEAR((q.mu[i] - linear.mean[i]) / sigma, 0, 0.1) << i;
    EXPECT_LT(sigma * sigma, 0.999 * linear.covariance[i][i]);  // correlated: it is too narrow
  }
  // elbo = E_q[log p(y | w)] - KL(q || prior) = log p(y) - KL(q || posterior), for any q.
  double likelihood = 0;
  for (std::size_t n = 0; n < linear.y.size(); ++n) {
    double variance = 0;
    for (std::size_t i = 0; i < 3; ++i)
      variance += linear.x[n][i] * linear.x[n][i] * q.sigma[i] * q.sigma[i];
    const double error = linear.y[n] - test::dot(linear.x[n], q.mu);
    likelihood -= std::log(linear.sigma * std::sqrt(2 * std::numbers::pi)) +
                  (error * error + variance) / (2 * linear.sigma * linear.sigma);
  }
  const test::Matrix l = test::cholesky(linear.precision);
  double to_posterior = -1.5;
  for (std::size_t i = 0; i < 3; ++i) {
    to_posterior += linear.precision[i][i] * q.sigma[i] * q.sigma[i] / 2 - std::log(q.sigma[i]) -
                    std::log(l[i][i]);
    for (std::size_t j = 0; j < 3; ++j)
      to_posterior +=
          (q.mu[i] - linear.mean[i]) * linear.precision[i][j] * (q.mu[j] - linear.mean[j]) / 2;
  }
  EXPECT_NEAR(likelihood - q.kl, linear.log_evidence() - to_posterior, 1e-3);
}

TEST(MeanField, HasIntervalsThatCoverAsItsVariancesImply) {
  constexpr std::int64_t replicates = 60;
  double implied = 0, spread = 0;
  std::int64_t covered = 0;
  for (std::int64_t replicate = 0; replicate < replicates; ++replicate) {
    const LinearGaussian linear(static_cast<std::uint64_t>(500 + replicate), 6);
    const MeanField q = train_mean_field(linear, 1500);
    covered += std::abs(linear.truth[0] - q.mu[0]) < 1.6449 * q.sigma[0];
    const double z = 1.6449 / std::sqrt(linear.precision[0][0] * linear.covariance[0][0]);
    const double probability = std::erf(z / std::numbers::sqrt2);
    implied += probability;
    spread += probability * (1 - probability);
  }
  EXPECT_LT(implied, 0.88 * replicates);  // less than the 90 % that it says
  EXPECT_LT(std::abs(static_cast<double>(covered) - implied) / std::sqrt(spread), 3) << covered;
}

}  // namespace
}  // namespace credence
