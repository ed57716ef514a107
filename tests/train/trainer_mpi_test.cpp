#include <cmath>

#include "support/mpi.h"
#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/bayes/flipout.h"
#include "credence/bayes/reparameterization.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/dropout.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/optim/adam.h"
#include "credence/train/trainer.h"

namespace credence {
namespace {

/// Small images whose class is that of the brightest of four quarters, with noise.
std::shared_ptr<const Dataset> quarters(std::int64_t count) {
  Tensor src = random_tensor({count, 8, 8, 1}, DType::float32, "quarters"), target({count, 1});
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t label = n * 7 % 4;
    target.span<float>()[n] = static_cast<float>(label);
    for (std::int64_t y = 0; y < 4; ++y)
      for (std::int64_t x = 0; x < 4; ++x)
        src.span<float>()[n * 64 + (y + label / 2 * 4) * 8 + x + label % 2 * 4] += 1;
  }
  return std::make_shared<InMemoryDataset>("quarters", src, target, TargetInfo{.classes = 4});
}

VariationalSpec posterior(const std::string& estimator) {
  return {.estimator = [estimator]() -> std::unique_ptr<Estimator> {
            if (estimator == "flipout") return std::make_unique<Flipout>();
            return std::make_unique<Reparameterization>();
          },
          .prior = std::make_shared<GaussianPrior>(GaussianOptions{})};
}

GraphSpec network(const std::string& estimator) {
  GraphSpec graph{.name = "quarters", .input = {8, 8, 1}};
  graph.add("conv1", conv2d({.filters = 6, .kernel = {3, 3}, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool2d>("pool1", {.window = {2, 2}})
      .add<Flatten>("flatten")
      .add_with<Dropout>("dropout", {.rate = 0.2})
      .add("dense1", dense({.units = 4}));
  if (!estimator.empty()) make_variational(graph, {{"all"}}, posterior(estimator));
  return graph;
}

/// Every step's report.
struct Curve : Observer {
  std::vector<StepReport> steps;
  void on_step(const StepReport& report) override { steps.push_back(report); }
};

struct Outcome {
  std::vector<StepReport> steps;
  std::vector<NamedValue> test;
};

Outcome train(const std::string& estimator, Communicator& communicator, KlOptions kl = {}) {
  constexpr std::int64_t examples = 331, batch = 33;  // the last batch of an epoch has one example
  Model model(network(estimator), {.max_batch = batch, .seed = 3});
  CategoricalCrossEntropy loss;
  loss.setup(model.output_shape(), {1}, 4);
  Adam optimizer;
  Loader loader(quarters(examples), {.global_batch = batch, .seed = 3}, communicator.rank(),
                communicator.size());
  Trainer trainer(
      {.model = model,
       .loss = loss,
       .optimizer = optimizer,
       .loader = loader,
       .communicator = communicator},
      {.epochs = 10, .learning_rate = 2e-3, .kl = kl, .seed = 3, .buckets = {.bucket_bytes = 256}});
  Curve curve;
  trainer.add_observer(curve);
  trainer.run();
  Predictor predictor(model, loss, 3, {.samples = 4});
  return {curve.steps, evaluate(predictor, *quarters(50), communicator)};
}

class DataParallel : public ::testing::TestWithParam<const char*> {};

TEST_P(DataParallel, RanksFollowTheLossCurveOfOne) {
  const auto one = self_communicator();
  const Outcome alone = train(GetParam(), *one), shared = train(GetParam(), test::communicator());
  ASSERT_EQ(alone.steps.size(), 110);
  ASSERT_EQ(shared.steps.size(), 110);
  EXPECT_LT(alone.steps[108].nll, 0.8 * alone.steps[0].nll)
      << "it must learn, or the test says little";
  for (std::size_t i = 0; i < 110; ++i) {
    EXPECT_NEAR(shared.steps[i].loss / alone.steps[i].loss, 1, 1e-4) << "step " << i + 1;
    EXPECT_NEAR(shared.steps[i].nll / alone.steps[i].nll, 1, 1e-4) << "step " << i + 1;
  }
  for (std::size_t i = 0; i < alone.test.size(); ++i)
    EXPECT_NEAR(shared.test[i].second, alone.test[i].second, 1e-4) << alone.test[i].first;
}

INSTANTIATE_TEST_SUITE_P(Networks, DataParallel,
                         ::testing::Values("", "flipout", "reparameterization"),
                         [](const auto& test) {
                           return std::string(test.param).empty() ? std::string("deterministic")
                                                                  : test.param;
                         });

TEST(Kl, IsDividedByTheTrainingExamplesNotByTheBatchAndWarmsUp) {
  const Outcome full = train("flipout", test::communicator());
  for (const StepReport& step : full.steps) EXPECT_NEAR(step.loss, step.nll + step.kl / 331, 1e-9);
  const Outcome ramp = train("flipout", test::communicator(), {.weight = 0.5, .warmup_epochs = 2});
  for (std::size_t i = 0; i < ramp.steps.size(); ++i) {
    const double weight = 0.5 * std::min(1.0, static_cast<double>(i) / 22);
    EXPECT_NEAR(ramp.steps[i].loss, ramp.steps[i].nll + weight * ramp.steps[i].kl / 331, 1e-9) << i;
  }
}

TEST(Trainer, RefusesMetricsOfValidationThatDoNotFitBeforeItTrains) {
  Model model(network(""), {.max_batch = 8});
  CategoricalCrossEntropy loss;
  loss.setup(model.output_shape(), {1}, 4);
  Adam optimizer;
  Communicator& communicator = test::communicator();
  Loader loader(quarters(64), {.global_batch = 8}, communicator.rank(), communicator.size());
  const TrainerParts parts{.model = model,
                           .loss = loss,
                           .optimizer = optimizer,
                           .loader = loader,
                           .communicator = communicator,
                           .validation = quarters(8)};
  EXPECT_NO_THROW(Trainer(parts, {.validation = {.samples = 1, .metrics = {"classwise_ece"}}}));
  EXPECT_THROW(Trainer(parts, {.validation = {.samples = 1, .metrics = {"mae"}}}), ConfigError);
}

TEST(Trainer, SaysWhereTheLossStopsBeingFinite) {
  Model model(network(""), {.max_batch = 8});
  CategoricalCrossEntropy loss;
  loss.setup(model.output_shape(), {1}, 4);
  Adam optimizer;
  Communicator& communicator = test::communicator();
  Loader loader(quarters(64), {.global_batch = 8}, communicator.rank(), communicator.size());
  Trainer trainer({.model = model,
                   .loss = loss,
                   .optimizer = optimizer,
                   .loader = loader,
                   .communicator = communicator},
                  {.epochs = 5, .learning_rate = 1e38});
  try {
    trainer.run();
    FAIL() << "expected a NumericalError";
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("layer \""), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("step "), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace credence
