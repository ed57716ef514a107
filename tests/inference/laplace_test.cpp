#include "credence/inference/laplace.h"

#include <cmath>
#include <map>
#include <numeric>

#include "support/linear_gaussian.h"
#include <gtest/gtest.h>

#include "credence/bayes/full_gaussian_samples.h"
#include "credence/bayes/gaussian_samples.h"
#include "credence/bayes/kronecker_samples.h"
#include "credence/data/digits.h"
#include "credence/inference/evidence.h"
#include "credence/layers/flatten.h"
#include "credence/layers/relu.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/optim/adam.h"
#include "credence/optim/schedule.h"
#include "credence/optim/sgd.h"
#include "credence/predict/predictor.h"

namespace credence {
namespace {

using test::LinearGaussian;
using test::Matrix;
using test::Vector;

double figure(const Inferred& inferred, const std::string& name) {
  for (const auto& [known, value] : inferred.figures)
    if (known == name) return value;
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

/// A linear model of known posterior, trained until nothing changes, and what Laplace finds.
struct Fitted {
  Model model;
  GaussianLikelihood loss;
  Inferred inferred;
  Vector weights;

  Fitted(const LinearGaussian& linear, LaplaceApproximationOptions options,
         std::int64_t epochs = 1000)
      : model(linear.network(), {.max_batch = static_cast<std::int64_t>(linear.y.size())}),
        loss({.sigma = linear.sigma}) {
    loss.setup({1}, {1}, 0);
    options.layers = LaplaceLayers::all;
    options.prior.sigma = linear.prior_sigma;
    const auto communicator = self_communicator();
    LaplaceApproximation laplace(options);
    const Training training{.model = model,
                            .loss = loss,
                            .communicator = *communicator,
                            .data = linear.data(),
                            .batches = {.global_batch = model.max_batch()},
                            .options = {.epochs = epochs, .learning_rate = 0.08},
                            .make_optimizer = [] { return std::make_unique<Sgd>(); }};
    laplace.check(training);
    inferred = laplace.run(training);
    weights = test::values_of(model.parameters());
  }

  /// root root^T, of the full structure.
  Matrix covariance() const {
    Matrix root;
    for (const auto& marginal :
         dynamic_cast<const FullGaussianSamples&>(*inferred.weights).marginals())
      for (std::int64_t i = 0; i < marginal.root.shape()[0]; ++i) {
        const Tensor row = marginal.root.rows(i, 1);
        root.emplace_back(row.span<float>().begin(), row.span<float>().end());
      }
    Matrix product(root.size());
    for (std::size_t i = 0; i < root.size(); ++i)
      for (const Vector& other : root) product[i].push_back(test::dot(root[i], other));
    return product;
  }
};

TEST(Laplace, IsThePosteriorOfALinearGaussianModel) {
  for (const double prior_sigma : {1.0, 0.4}) {
    LinearGaussian linear(21);
    if (prior_sigma != 1) {  // the same data under another prior
      linear.prior_sigma = prior_sigma;
      Vector right(3);
      for (std::size_t i = 0; i < 3; ++i) {
        linear.precision[i][i] += 1 / (prior_sigma * prior_sigma) - 1;
        for (std::size_t n = 0; n < linear.y.size(); ++n)
          right[i] += linear.x[n][i] * linear.y[n] / (linear.sigma * linear.sigma);
      }
      const Matrix l = test::cholesky(linear.precision);
      linear.mean = test::solve(l, right);
      for (std::size_t i = 0; i < 3; ++i) {
        Vector unit(3);
        unit[i] = 1;
        linear.covariance[i] = test::solve(l, unit);
      }
    }
    const Fitted fitted(linear, {.structure = CurvatureStructure::full, .tune_prior = false});
    const Matrix covariance = fitted.covariance();
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(fitted.weights[i], linear.mean[i], 2e-6);
      for (std::size_t j = 0; j < 3; ++j)
        EXPECT_NEAR(covariance[i][j], linear.covariance[i][j], 1e-6 * linear.covariance[i][i]);
    }
    EXPECT_NEAR(figure(fitted.inferred, "log_evidence"), linear.log_evidence(), 1e-4);
    EXPECT_EQ(figure(fitted.inferred, "prior_sigma"), prior_sigma);
  }
}

TEST(Laplace, PredictsAsALinearGaussianModel) {
  const LinearGaussian linear(22);
  Fitted fitted(linear, {.structure = CurvatureStructure::full, .tune_prior = false});
  constexpr std::int64_t samples = 20'000;
  const auto communicator = self_communicator();
  Predictor predictor(fitted.model, fitted.loss, 5, {.samples = samples},
                      fitted.inferred.weights.get());
  const PredictedPart part = predictor.predict(*linear.data(), *communicator);
  for (std::size_t n = 0; n < linear.y.size(); ++n) {
    const double variance = linear.variance(linear.x[n]);
    const double mean = part.predictions.mean.span<float>()[n];
    const double epistemic = part.predictions.epistemic_sigma.span<float>()[n];
    EXPECT_LT(std::abs(mean - test::dot(linear.x[n], linear.mean)),
              4 * std::sqrt(variance / samples));
    EXPECT_NEAR(epistemic * epistemic / variance, 1, 4 * std::sqrt(2.0 / samples)) << n;
    // Quantiles of N(mean, variance + sigma^2).
    const double sigma = std::sqrt(variance + linear.sigma * linear.sigma);
    EXPECT_NEAR((part.predictions.upper.span<float>()[n] - mean) / sigma, 1.6449, 0.02);
  }
}

TEST(Laplace, HasIntervalsThatCoverWhatTheySay) {
  // 90 % intervals of each weight, with truths drawn from the prior.
  constexpr std::int64_t replicates = 400;
  std::int64_t covered[3] = {};
  for (std::int64_t replicate = 0; replicate < replicates; ++replicate) {
    const LinearGaussian linear(static_cast<std::uint64_t>(1000 + replicate), 8);
    const Fitted fitted(linear, {.structure = CurvatureStructure::full, .tune_prior = false}, 200);
    const Matrix covariance = fitted.covariance();
    for (std::size_t i = 0; i < 3; ++i)
      covered[i] +=
          std::abs(linear.truth[i] - fitted.weights[i]) < 1.6449 * std::sqrt(covariance[i][i]);
  }
  for (const std::int64_t hits : covered)
    EXPECT_LT(std::abs(test::binomial_z(hits, replicates, 0.9)), 3) << hits;  // n = 400
}

TEST(Laplace, HasTheDiagonalOfThePrecisionAsItsDiagonalStructure) {
  const LinearGaussian linear(23);
  const Fitted fitted(linear, {.structure = CurvatureStructure::diagonal, .tune_prior = false});
  std::size_t i = 0;
  for (const auto& marginal :
       dynamic_cast<const GaussianSamples&>(*fitted.inferred.weights).marginals())
    for (const float sigma : marginal.sigma.span<float>()) {
      EXPECT_NEAR(sigma * sigma * linear.precision[i][i], 1, 1e-5);
      ++i;
    }
  EXPECT_EQ(i, 3u);
}

TEST(Laplace, IsExactInKroneckerStructureForALinearGaussianLayer) {
  const LinearGaussian linear(24);
  const Fitted fitted(linear, {.structure = CurvatureStructure::kronecker, .tune_prior = false});
  const auto& block = dynamic_cast<const KroneckerSamples&>(*fitted.inferred.weights).blocks()[0];
  EXPECT_EQ(block.bias, "dense1.bias");
  const float flip = block.outputs.data<float>()[0];
  for (std::int64_t i = 0; i < 3; ++i)
    for (std::int64_t j = 0; j < 3; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < 3; ++k)
        sum += double{block.inputs.data<float>()[i * 3 + k]} *
               block.inputs.data<float>()[j * 3 + k] *
               std::pow(flip * block.sigma.data<float>()[k], 2) * block.scale.data<float>()[i] *
               block.scale.data<float>()[j];
      const auto row = static_cast<std::size_t>(i), column = static_cast<std::size_t>(j);
      EXPECT_NEAR(sum, linear.covariance[row][column], 1e-5 * linear.covariance[row][row]);
    }
  EXPECT_NEAR(figure(fitted.inferred, "log_evidence"), linear.log_evidence(), 1e-4);
}

/// Of `samples` draws, n stated: z of each element of mean and covariance.
void expect_moments(const WeightSamples& samples, Model& model, const Vector& mean,
                    const Matrix& covariance) {
  constexpr std::int64_t draws = 20'000;
  const std::size_t size = mean.size();
  Vector sum(size);
  Matrix product(size, Vector(size));
  for (std::int64_t s = 0; s < draws; ++s) {
    samples.write(s, 3, model.parameters());
    const Vector w = test::values_of(model.parameters());
    for (std::size_t i = 0; i < size; ++i) {
      sum[i] += (w[i] - mean[i]) / draws;
      for (std::size_t j = 0; j < size; ++j)
        product[i][j] += (w[i] - mean[i]) * (w[j] - mean[j]) / draws;
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    EXPECT_LT(std::abs(sum[i]) / std::sqrt(covariance[i][i] / draws), 4) << i;
    for (std::size_t j = 0; j < size; ++j) {
      const double spread = std::sqrt(
          (covariance[i][i] * covariance[j][j] + covariance[i][j] * covariance[i][j]) / draws);
      EXPECT_LT(std::abs(product[i][j] - covariance[i][j]) / spread, 4) << i << j;
    }
  }
}

TEST(Laplace, DrawsFromThePosterior) {
  const LinearGaussian linear(25);
  for (const CurvatureStructure structure :
       {CurvatureStructure::full, CurvatureStructure::kronecker}) {
    Fitted fitted(linear, {.structure = structure, .tune_prior = false});
    expect_moments(*fitted.inferred.weights, fitted.model, linear.mean, linear.covariance);
    const auto loaded =
        load_weight_samples(fitted.inferred.weights->state(), fitted.model.parameters());
    ASSERT_EQ(loaded->kind(), fitted.inferred.weights->kind());
    fitted.inferred.weights->write(7, 3, fitted.model.parameters());
    const Vector drawn = test::values_of(fitted.model.parameters());
    fitted.model.initialize(1);
    loaded->write(7, 3, fitted.model.parameters());
    EXPECT_EQ(test::values_of(fitted.model.parameters()), drawn);
  }
}

/// log p(y | w) + log N(w; 0, s^2) + log of the posterior's volume, term by term.
double evidence_of(const LinearGaussian& linear, const Vector& w, double prior_sigma) {
  double sum = 0;
  for (std::size_t n = 0; n < linear.y.size(); ++n) {
    const double z = (linear.y[n] - test::dot(linear.x[n], w)) / linear.sigma;
    sum -= z * z / 2 + std::log(linear.sigma * std::sqrt(2 * std::numbers::pi));
  }
  Matrix precision = linear.precision;
  for (std::size_t i = 0; i < w.size(); ++i) {
    precision[i][i] += 1 / (prior_sigma * prior_sigma) - 1;  // that of linear is 1
    sum -= w[i] * w[i] / (2 * prior_sigma * prior_sigma) + std::log(prior_sigma);
  }
  const Matrix l = test::cholesky(precision);
  for (std::size_t i = 0; i < w.size(); ++i) sum -= std::log(l[i][i]);
  return sum;
}

TEST(Laplace, TunesThePriorToTheLargestEvidence) {
  const LinearGaussian linear(26);
  for (const CurvatureStructure structure :
       {CurvatureStructure::full, CurvatureStructure::kronecker}) {
    const Fitted fitted(linear, {.structure = structure});
    const double sigma = figure(fitted.inferred, "prior_sigma");
    const double best = figure(fitted.inferred, "log_evidence");
    EXPECT_GT(std::abs(sigma - 1), 0.05);
    EXPECT_NEAR(best, evidence_of(linear, fitted.weights, sigma), 1e-4);
    for (const double factor : {0.5, 0.9, 0.97, 1.03, 1.1, 2.0})
      EXPECT_LT(evidence_of(linear, fitted.weights, factor * sigma), best) << factor;
    const double effective = figure(fitted.inferred, "effective_weights");
    EXPECT_NEAR(effective, test::dot(fitted.weights, fitted.weights) / (sigma * sigma), 1e-5);
  }
}

TEST(Evidence, HasItsMaximumWhereTheDataDetermineAsManyWeightsAsThePriorHolds) {
  const Evidence evidence{
      .log_likelihood = -3, .squares = 2.5, .eigenvalues = {0, 1e-3, 0.7, 30, 4e5}};
  const double scale = evidence.best_scale();
  EXPECT_NEAR(evidence.effective_weights(scale), scale * 2.5, 1e-9);
  for (const double factor : {0.99, 1.01})
    EXPECT_LT(evidence.log_evidence(factor * scale), evidence.log_evidence(scale));
  EXPECT_NEAR((Evidence{.squares = 0, .eigenvalues = {1}}.best_scale()), 1e12, 1e6);
}

/// Digits, of which a fifth are labelled by chance: a network that learns these by heart is too
/// sure of itself.
std::shared_ptr<const Dataset> mislabelled(const Dataset& digits) {
  Tensor src(digits.src_shape().prepend(digits.size())), target({digits.size(), 1});
  std::vector<std::int64_t> all(static_cast<std::size_t>(digits.size()));
  std::iota(all.begin(), all.end(), 0);
  digits.read(all, 0, src, target);
  std::vector<float> chance(2 * all.size());
  fill_uniform(std::span(chance), noise_key(6, Stream::noise, "labels"), {});
  for (std::size_t n = 0; n < all.size(); ++n)
    if (chance[2 * n] < 0.2F) target.span<float>()[n] = std::floor(10 * chance[2 * n + 1]);
  return std::make_shared<InMemoryDataset>("mislabelled", src, target, TargetInfo{.classes = 10});
}

TEST(Laplace, MakesAnOverconfidentNetworkLessSo) {
  const DataSplits digits = make_digits({.train_count = 1000, .test_count = 1000});
  const auto training = mislabelled(*digits.train), test = mislabelled(*digits.test);
  for (const CurvatureStructure structure :
       {CurvatureStructure::full, CurvatureStructure::kronecker}) {
    GraphSpec graph{.name = "dense", .input = {28, 28, 1}};
    graph.add<Flatten>("flatten")
        .add("dense1", dense({.units = 30}))
        .add<ReLU>("relu1")
        .add("dense2", dense({.units = 10}));
    Model model(graph, {.max_batch = 50, .seed = 1});
    CategoricalCrossEntropy loss;
    loss.setup({10}, {1}, 10);
    const auto communicator = self_communicator();
    const CosineSchedule schedule;
    LaplaceApproximation laplace({.structure = structure, .prior = {.sigma = 3}});
    const Inferred inferred =
        laplace.run({.model = model,
                     .loss = loss,
                     .communicator = *communicator,
                     .data = training,
                     .batches = {.global_batch = 50},
                     .options = {.epochs = 60, .learning_rate = 0.005},
                     .make_optimizer = [] { return std::make_unique<Adam>(); },
                     .schedule = &schedule});
    const auto evaluated = [&](const WeightSamples* weights) {
      Predictor predictor(model, loss, 1, {.samples = 100}, weights);
      std::map<std::string, double> values;
      for (const auto& [name, value] : evaluate(predictor, *test, *communicator))
        values[name] = value;
      return values;
    };
    auto alone = evaluated(nullptr), averaged = evaluated(inferred.weights.get());
    EXPECT_LT(averaged["nll"], 0.92 * alone["nll"]) << enum_name(structure);
    EXPECT_LT(averaged["ece"], 0.75 * alone["ece"]) << enum_name(structure);
    EXPECT_GT(averaged["accuracy"], alone["accuracy"] - 0.02) << enum_name(structure);
    EXPECT_FALSE(inferred.weights->varies(*model.parameters()[0]));
    EXPECT_TRUE(inferred.weights->varies(*model.parameters()[2]));
  }
}

}  // namespace
}  // namespace credence
