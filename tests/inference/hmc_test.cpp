#include "credence/inference/hmc.h"

#include "support/errors.h"
#include "support/linear_gaussian.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/inference/chain_diagnostics.h"
#include "credence/inference/hmc_chain.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/losses/mean_squared_error.h"

namespace credence {
namespace {

using test::LinearGaussian;
using ::testing::HasSubstr;

/// Runs `visit` with a chain on that model's posterior.
struct LinearChain {
  explicit LinearChain(const LinearGaussian& linear, const HmcChainOptions& options)
      : model(linear.network(), {.max_batch = 32, .seed = options.seed}),
        loss({.sigma = linear.sigma}),
        communicator(self_communicator()),
        potential(
            {.model = model, .loss = loss, .communicator = *communicator, .data = linear.data()},
            *communicator, WeightPrior("test", {.sigma = linear.prior_sigma}), 8),
        chain((loss.setup({1}, {1}, 0), potential), options) {}

  Model model;
  GaussianLikelihood loss;
  std::unique_ptr<Communicator> communicator;
  Potential potential;
  HmcChain chain;
};

TEST(Potential, IsTheNegativeLogPosteriorDensityUpToAConstant) {
  const LinearGaussian linear(3);
  LinearChain run(linear, {.warmup = 20});
  const auto quadratic = [&](const test::Vector& w) {
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i)
      for (std::size_t j = 0; j < w.size(); ++j)
        sum += (w[i] - linear.mean[i]) * linear.precision[i][j] * (w[j] - linear.mean[j]) / 2;
    return sum;
  };
  test::Vector gradient(3);
  const test::Vector a{0.1, -0.3, 0.7}, b{1.2, 0.4, -0.2};
  const double difference =
      run.potential.evaluate(a, gradient) - run.potential.evaluate(b, gradient);
  EXPECT_NEAR(difference, quadratic(a) - quadratic(b), 1e-4 * std::abs(difference));
  for (std::size_t i = 0; i < 3; ++i) {
    double expected = 0;
    for (std::size_t j = 0; j < 3; ++j)
      expected += linear.precision[i][j] * (b[j] - linear.mean[j]);
    EXPECT_NEAR(gradient[i], expected, 1e-4 * std::abs(expected));
  }
}

TEST(Hmc, GivesThePosteriorOfALinearGaussianModel) {
  const LinearGaussian linear(5);
  constexpr std::int64_t samples = 4000;
  LinearChain run(linear, {.seed = 1, .warmup = 300, .leapfrog_steps = 8});
  Chains weights(3, std::vector<double>{});
  double acceptance = 0;
  for (std::int64_t i = 0; i < 300 + samples; ++i) {
    run.chain.step();
    if (i < 300) continue;
    acceptance += run.chain.acceptance() / samples;
    for (std::size_t w = 0; w < 3; ++w) weights[w].push_back(run.chain.position()[w]);
  }
  EXPECT_NEAR(acceptance, 0.8, 0.19);  // so few weights that most steps are too cautious
  for (std::size_t w = 0; w < 3; ++w) {
    const double variance = linear.covariance[w][w], n = effective_sample_size({weights[w]});
    double mean = 0, square = 0;
    std::vector<double> squares;
    for (const double value : weights[w]) {
      mean += value / samples;
      squares.push_back((value - linear.mean[w]) * (value - linear.mean[w]) / variance);
      square += squares.back() / samples;
    }
    // A chain that swings from side to side knows the mean better than independent draws would, and
    // the variance worse: each has its own effective number.
    const double n_squares = effective_sample_size({squares});
    ASSERT_GT(std::min(n, n_squares), 500);
    EXPECT_LT(std::abs(mean - linear.mean[w]) / std::sqrt(variance / n), 4) << n;
    EXPECT_LT(std::abs(square - 1) / std::sqrt(2 / n_squares), 4) << n_squares;
  }
}

TEST(Hmc, HasIntervalsThatCoverTruthsDrawnFromThePrior) {
  constexpr std::int64_t replicates = 150, samples = 200;
  std::int64_t covered = 0;
  for (std::int64_t replicate = 0; replicate < replicates; ++replicate) {
    const LinearGaussian linear(static_cast<std::uint64_t>(100 + replicate), 12);
    LinearChain run(linear, {.warmup = 100, .leapfrog_steps = 8});
    const test::Vector at{0.7, -1.1, 1};
    test::Vector values;
    for (std::int64_t i = 0; i < 100 + samples; ++i) {
      run.chain.step();
      if (i >= 100) values.push_back(test::dot(run.chain.position(), at));
    }
    std::ranges::sort(values);
    const double truth = test::dot(linear.truth, at);
    covered += values[samples / 20] <= truth && truth <= values[samples - 1 - samples / 20];
  }
  EXPECT_LT(std::abs(test::binomial_z(covered, replicates, 0.9)), 3.5) << covered;
}

TEST(ChainDiagnostics, KnowIndependentDrawsAndSlowChains) {
  constexpr std::size_t length = 4000;
  Chains independent(4, std::vector<double>(length)), slow = independent;
  constexpr double correlation = 0.8;  // from step to step: 1 draw in (1 + 0.8) / (1 - 0.8) = 9
  for (std::size_t c = 0; c < 4; ++c) {
    fill_normal(std::span(independent[c]), noise_key(c, Stream::noise, "chain"), {});
    slow[c][0] = independent[c][0];
    for (std::size_t i = 1; i < length; ++i)
      slow[c][i] = correlation * slow[c][i - 1] +
                   std::sqrt(1 - correlation * correlation) * independent[c][i];
  }
  EXPECT_NEAR(split_r_hat(independent), 1, 2e-3);
  EXPECT_NEAR(effective_sample_size(independent) / (4 * length), 1, 0.15);
  EXPECT_NEAR(effective_sample_size(slow) / (4 * length), 1.0 / 9, 0.02);
  for (double& value : slow[3]) value += 3;
  EXPECT_GT(split_r_hat(slow), 1.5);
  EXPECT_LT(effective_sample_size(slow), 40);
  EXPECT_TRUE(std::isnan(split_r_hat({{1, 2, 3}})));
}

TEST(Hmc, RefusesWhatItCannotDo) {
  EXPECT_THAT(testing::message_of<ConfigError>([] { HamiltonianMonteCarlo({.chains = 0}); }),
              HasSubstr("chains: expected 1 to 65536, got 0"));
  EXPECT_THAT(
      testing::message_of<ConfigError>([] { HamiltonianMonteCarlo({.samples = 3, .thin = 4}); }),
      HasSubstr("thin: expected 1 to 3, got 4"));
  EXPECT_THAT(
      testing::message_of<ConfigError>([] { HamiltonianMonteCarlo({.prior = {.sigma = 0}}); }),
      HasSubstr("prior.sigma must be positive and finite, got 0"));
  const LinearGaussian linear(1);
  Model model(linear.network(), {.max_batch = 4});
  MeanSquaredError no_likelihood;
  const auto communicator = self_communicator();
  EXPECT_THAT(testing::message_of<ConfigError>([&] {
                HamiltonianMonteCarlo().check({.model = model,
                                               .loss = no_likelihood,
                                               .communicator = *communicator,
                                               .data = linear.data()});
              }),
              HasSubstr("is no likelihood"));
}

}  // namespace
}  // namespace credence
