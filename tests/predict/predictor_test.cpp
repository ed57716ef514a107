#include "credence/predict/predictor.h"

#include <cmath>
#include <numeric>

#include "support/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/text.h"
#include "credence/bayes/flipout.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/distributions/gaussian.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/dropout.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/layers/tanh.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/gaussian_likelihood.h"

namespace credence {
namespace {

/// Two dense layers behind a convolution, the named ones with a posterior; "drop" is a dropout.
GraphSpec network(std::vector<std::string> variational) {
  GraphSpec graph{.name = "small", .input = {8, 8, 1}};
  graph.add("conv1", conv2d({.filters = 5, .kernel = {3, 3}, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool2d>("pool1", {.window = {2, 2}})
      .add<Flatten>("flatten")
      .add("dense1", dense({.units = 7}))
      .add<ReLU>("relu2")
      .add_with<Dropout>("drop", {.monte_carlo = std::erase(variational, "drop") > 0})
      .add("dense2", dense({.units = 4}));
  make_variational(graph, {variational},
                   {.estimator = [] { return std::make_unique<Flipout>(); },
                    .prior = std::make_shared<GaussianPrior>(GaussianOptions{}),
                    .initial_sigma = 0.5});
  return graph;
}

std::shared_ptr<const Dataset> images(std::int64_t count) {
  Tensor src = random_tensor({count, 8, 8, 1}, DType::float32, "images"), target({count, 1});
  for (std::int64_t n = 0; n < count; ++n) target.span<float>()[n] = static_cast<float>(n % 4);
  return std::make_shared<InMemoryDataset>("images", src, target, TargetInfo{.classes = 4});
}

class Predictions : public ::testing::TestWithParam<std::vector<std::string>> {};

/// Against a forward pass for each draw over all examples at once, with nothing kept.
TEST_P(Predictions, AreTheMeanOverDrawsWhateverIsComputedOnce) {
  constexpr std::int64_t examples = 23, samples = 6;
  const auto dataset = images(examples);
  CategoricalCrossEntropy loss;
  loss.setup({4}, {1}, 4);
  const auto communicator = self_communicator();

  Model whole(network(GetParam()), {.max_batch = examples, .seed = 2});
  Tensor src({examples, 8, 8, 1}), target({examples, 1}), sample({examples, 4});
  std::vector<std::int64_t> indices(examples);
  for (std::int64_t n = 0; n < examples; ++n) indices[static_cast<std::size_t>(n)] = n;
  dataset->read(indices, 0, src, target);
  std::vector<double> expected(examples * 4);
  for (std::uint32_t s = 0; s < samples; ++s) {
    whole.forward(
        src, {.seed = 9, .training = false, .weights = WeightSampling::predictive, .sample = s});
    loss.predict(whole.output(), sample);
    for (std::size_t i = 0; i < expected.size(); ++i)
      expected[i] += sample.span<float>()[i] / static_cast<double>(samples);
  }
  for (const std::int64_t batch : {1, 5, 23, 64}) {
    Model model(network(GetParam()), {.max_batch = batch, .seed = 2});
    Predictor predictor(model, loss, 9, {.samples = samples});
    const PredictedPart part = predictor.predict(*dataset, *communicator);
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(part.predictions.mean.span<float>()[i], expected[i], 2e-6) << "batch " << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Drawn, Predictions,
    ::testing::Values(std::vector<std::string>{"conv1"}, std::vector<std::string>{"drop"},
                      std::vector<std::string>{"conv1", "drop"}, std::vector<std::string>{"dense1"},
                      std::vector<std::string>{"dense2"}, std::vector<std::string>{"all"}),
    [](const auto& test) { return join(test.param, "_"); });

/// Two targets, given in units that are not their own.
std::shared_ptr<const Dataset> regression(std::int64_t count) {
  const Tensor src = random_tensor({count, 3}, DType::float32, "inputs");
  const Tensor target = random_tensor({count, 2}, DType::float32, "targets");
  return std::make_shared<InMemoryDataset>(
      "regression", src, target, TargetInfo{.units = {{.scale = 4, .shift = 10}, {.scale = -0.5}}});
}

GraphSpec regression_network() {
  GraphSpec graph{.name = "regression", .input = {3}};
  graph.add("dense1", dense({.units = 6})).add<Tanh>("tanh1").add("dense2", dense({.units = 4}));
  make_variational(graph, {{"dense1", "dense2"}},
                   {.estimator = [] { return std::make_unique<Flipout>(); },
                    .prior = std::make_shared<GaussianPrior>(GaussianOptions{}),
                    .initial_sigma = 0.5});
  return graph;
}

/// The mixture's figures from their definitions, in the targets' own units.
TEST(Predictor, OfADensityGivesThatOfTheMixtureInOwnUnits) {
  constexpr std::int64_t examples = 11, samples = 5;
  const auto dataset = regression(examples);
  const std::vector<Units> units = dataset->target_info().units;
  GaussianLikelihood loss;
  loss.setup({4}, {2}, 0);
  Tensor src({examples, 3}), target({examples, 2});
  std::vector<std::int64_t> indices(examples);
  std::iota(indices.begin(), indices.end(), 0);
  dataset->read(indices, 0, src, target);

  Model whole(regression_network(), {.max_batch = examples, .seed = 2});
  std::vector<double> density(examples), mean(examples * 2), square(mean.size());
  for (std::uint32_t s = 0; s < samples; ++s) {
    whole.forward(
        src, {.seed = 9, .training = false, .weights = WeightSampling::predictive, .sample = s});
    for (std::size_t n = 0; n < examples; ++n) {
      double log_density = 0;
      for (std::size_t i = 0; i < 2; ++i) {
        const Units& own = units[i];
        const float* const row = whole.output().data<float>() + n * 4;
        const double mu = row[i] * own.scale + own.shift;
        const double sigma = (1e-3 + std::log1p(std::exp(row[2 + i]))) * std::abs(own.scale);
        const double y = target.span<float>()[n * 2 + i] * own.scale + own.shift;
        log_density += gaussian_log_density(y, mu, sigma);
        mean[n * 2 + i] += mu / samples;
        square[n * 2 + i] += (mu * mu + sigma * sigma) / samples;
      }
      density[n] += std::exp(log_density) / samples;
    }
  }
  for (const std::int64_t batch : {1, 4, 64}) {
    Model model(regression_network(), {.max_batch = batch, .seed = 2});
    Predictor predictor(model, loss, 9, {.samples = samples, .metrics = {"crps"}});
    const credence::Predictions got = predictor.predict(*dataset, *self_communicator()).predictions;
    for (std::size_t n = 0; n < examples; ++n) {
      EXPECT_NEAR(got.nll.span<float>()[n], -std::log(density[n]), 1e-4);
      for (std::size_t i = n * 2; i < n * 2 + 2; ++i) {
        EXPECT_NEAR(got.mean.span<float>()[i], mean[i], 1e-4);
        EXPECT_NEAR(got.sigma.span<float>()[i], std::sqrt(square[i] - mean[i] * mean[i]), 1e-4);
        EXPECT_LT(got.epistemic_sigma.span<float>()[i], got.sigma.span<float>()[i]);
        EXPECT_LT(got.lower.span<float>()[i], got.mean.span<float>()[i]);
        EXPECT_GT(got.upper.span<float>()[i], got.mean.span<float>()[i]);
        EXPECT_GT(got.crps.span<float>()[i], 0);
      }
    }
  }
}

TEST(Predictor, TellsHowFarItIs) {
  const auto communicator = self_communicator();
  CategoricalCrossEntropy loss;
  loss.setup({4}, {1}, 4);
  Model model(network({"dense2"}), {.max_batch = 4});
  Predictor predictor(model, loss, 1, {.samples = 3});
  std::vector<std::int64_t> told;
  predictor.set_observer([&](std::int64_t done, std::int64_t all) {
    told.push_back(done);
    EXPECT_EQ(all, 9);
  });
  for (int time = 0; time < 2; ++time) {
    told.clear();
    predictor.predict(*images(10), *communicator);  // batches of 4, 4 and 2, thrice
    EXPECT_THAT(told, ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
}

TEST(Predictor, OfADeterministicNetworkNeedsOneSample) {
  const auto communicator = self_communicator();
  GraphSpec graph{.name = "plain", .input = {8, 8, 1}};
  graph.add<Flatten>("flatten").add("dense", dense({.units = 4}));
  Model model(graph, {.max_batch = 4});
  CategoricalCrossEntropy loss;
  loss.setup({4}, {1}, 4);
  Predictor predictor(model, loss, 1, {.samples = 30});
  const PredictedPart part = predictor.predict(*images(10), *communicator);
  for (const float information : part.predictions.mutual_information.span<float>())
    EXPECT_NEAR(information, 0, 1e-6);
}

}  // namespace
}  // namespace credence
