#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnostics/small_subject.h"
#include <gmock/gmock.h>

#include "credence/bayes/cross_entropy_prior.h"
#include "credence/diagnostics/posterior_summary.h"
#include "credence/diagnostics/pruning.h"

namespace credence {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

VariationalSpec flipout_under(std::shared_ptr<const Prior> prior) {
  VariationalSpec spec = variational<Flipout>(0.3);
  spec.prior = std::move(prior);
  return spec;
}

TEST(KlByWeight, AddsUpToTheKlOfThePrior) {
  const std::vector<std::pair<std::shared_ptr<const Prior>, double>> priors{
      {std::make_shared<GaussianPrior>(GaussianOptions{.mean = 0.2, .sigma = 0.7}), 1e-6},
      {std::make_shared<ScaledGaussianPrior>(), 1e-6},
      {std::make_shared<EmpiricalGaussianPrior>(), 1e-6},
      {std::make_shared<LaplacePrior>(LaplaceOptions{}), 0.01}};  // which has a kink
  for (const auto& [prior, tolerance] : priors) {
    SmallSubject small(small_network(), flipout_under(prior));
    for (const Belief& belief : small.model.beliefs()) {
      const std::vector<double> kl = kl_by_weight(belief);
      const double sum = std::accumulate(kl.begin(), kl.end(), 0.0);
      const double expected = prior->kl(*belief.posterior, {});
      EXPECT_NEAR(sum, expected, tolerance * expected);
    }
  }
}

TEST(PosteriorSummary, CountsCollapsedAndUnmovedWeights) {
  SmallSubject small(small_network(), variational<Flipout>(0.3));
  MeanFieldGaussian& posterior = *small.model.beliefs()[0].posterior;
  const auto mu = posterior.mu.value.span<float>(), rho = posterior.rho.value.span<float>();
  const std::size_t size = mu.size(), quarter = size / 4;  // of 72
  for (std::size_t i = 0; i < size; ++i)
    mu[i] = 0.3F * static_cast<float>(i) / static_cast<float>(size - 1);
  std::fill_n(mu.begin(), quarter, 0.0F);
  std::fill_n(rho.begin(), quarter, static_cast<float>(softplus_inverse(1)));
  const PosteriorSummary summary = summarize_posteriors(small.subject())[0];
  EXPECT_EQ(summary.name, "conv1.weight");
  EXPECT_EQ(summary.weights, 72);
  EXPECT_DOUBLE_EQ(summary.collapsed, 0.25);
  EXPECT_DOUBLE_EQ(summary.stuck, 0.75);
  EXPECT_NEAR(summary.median_sigma, 0.3, 1e-6);
  EXPECT_NEAR(summary.kl, small.model.beliefs()[0].prior->kl(posterior, {}), 1e-9);
  EXPECT_NEAR(summary.ratios[0], 0, 1e-9);
  EXPECT_NEAR(summary.ratios[2], 0.5, 1e-5);  // half way up
  EXPECT_NEAR(summary.ratios[4], 0.95, 1e-5);
}

TEST(LossShares, AreThoseOfTheLoss) {
  SmallSubject small(small_network(), variational<Flipout>(1e-4));  // as good as no noise
  Subject subject = small.subject();
  subject.kl_weight = 0.5;
  const LossShares shares = loss_shares(subject, 40);
  EXPECT_NEAR(shares.kl, 0.5 * small.model.kl({}) / 40, 1e-9);
  const Examples all = subject.examples(40);
  double nll = 0;
  for (std::int64_t first = 0; first < 40; first += 10) {
    small.model.forward(all.src.rows(first, 10),
                        {.training = false, .weights = WeightSampling::mean});
    nll += small.loss.forward(small.model.output(), all.target.rows(first, 10), 40, nullptr);
  }
  EXPECT_NEAR(shares.nll, nll, 1e-3);
}

std::vector<Tensor> values_of(const Model& model) {
  std::vector<Tensor> values;
  for (const Parameter* parameter : model.parameters()) values.push_back(parameter->value.clone());
  return values;
}

void expect_as_before(const Model& model, const std::vector<Tensor>& before) {
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(
        std::ranges::equal(model.parameters()[i]->value.span<float>(), before[i].span<float>()))
        << model.parameters()[i]->name;
}

TEST(Pruner, TakesOutWhatHasTheSmallestSignalToNoise) {
  SmallSubject small(small_network(), variational<Flipout>(0.3));
  // A large weight with much noise goes before a small one with little.
  MeanFieldGaussian& conv = *small.model.beliefs()[0].posterior;
  for (float& mu : conv.mu.value.span<float>()) mu = 4;
  for (float& rho : conv.rho.value.span<float>()) rho = static_cast<float>(softplus_inverse(8));
  MeanFieldGaussian& dense = *small.model.beliefs()[1].posterior;
  for (float& mu : dense.mu.value.span<float>()) mu = 0.3F;
  const std::vector<Tensor> before = values_of(small.model);
  {
    Pruner pruner(small.model);
    EXPECT_EQ(pruner.weights(), 72 + 108);
    EXPECT_EQ(pruner.prune(0.4), 72);
    EXPECT_THAT(conv.mu.value.span<float>(), Each(0.0F));
    for (const float rho : conv.rho.value.span<float>()) EXPECT_EQ(softplus(rho), 0.0F);
    EXPECT_THAT(dense.mu.value.span<float>(), Each(0.3F));
    EXPECT_EQ(pruner.prune(0.25), 45);  // anew, not on top
    EXPECT_EQ(std::ranges::count(conv.mu.value.span<float>(), 4.0F), 72 - 45);
  }
  expect_as_before(small.model, before);
}

TEST(Pruner, OfADeterministicNetworkGoesByMagnitudeAndKeepsBiases) {
  SmallSubject small(small_network());
  Parameter& bias = *small.model.parameters()[1];
  ASSERT_EQ(bias.name, "conv1.bias");
  bias.value.fill(1e-6);
  const std::vector<Tensor> before = values_of(small.model);
  Pruner pruner(small.model);
  EXPECT_EQ(pruner.prune(0.5), 90);
  EXPECT_THAT(bias.value.span<float>(), Each(1e-6F));
  float largest_out = 0, smallest_in = 1e9F;
  for (const std::size_t number : {0, 2}) {
    const auto now = small.model.parameters()[number]->value.span<float>();
    const auto then = before[number].span<float>();
    for (std::size_t i = 0; i < now.size(); ++i)
      if (now[i] == 0)
        largest_out = std::max(largest_out, std::abs(then[i]));
      else
        smallest_in = std::min(smallest_in, std::abs(then[i]));
  }
  EXPECT_GT(largest_out, 0);
  EXPECT_LE(largest_out, smallest_in);
}

TEST(PruningCurve, EndsWithANetworkThatKnowsNothing) {
  SmallSubject small(small_network(), variational<Flipout>(0.3));
  const std::vector<Tensor> before = values_of(small.model);
  Predictor predictor(small.model, small.loss, 1, {.samples = 3});
  const std::vector<double> shares{0, 0.5, 1};
  const auto communicator = self_communicator();
  const auto curve = pruning_curve(small.model, predictor, small.data, *communicator, shares);
  expect_as_before(small.model, before);
  ASSERT_EQ(curve.size(), 3U);
  EXPECT_EQ(curve[0].values, evaluate(predictor, small.data, *communicator));
  EXPECT_EQ(curve[2].removed, 180);
  for (const auto& [name, value] : curve[2].values)
    if (name == "nll") {
      EXPECT_NEAR(value, std::log(3), 1e-6);  // biases are zero
    }
  EXPECT_NE(curve[1].values, curve[0].values);
}

}  // namespace
}  // namespace credence
