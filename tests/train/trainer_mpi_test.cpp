#include <algorithm>
#include <array>
#include <cmath>

#include "support/mpi.h"
#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/bayes/flipout.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/bayes/local_reparameterization.h"
#include "credence/bayes/per_example.h"
#include "credence/bayes/reparameterization.h"
#include "credence/comm/bfloat16.h"
#include "credence/comm/int8.h"
#include "credence/comm/top_k.h"
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
            if (estimator == "per_example") return std::make_unique<PerExample>();
            if (estimator == "local_reparameterization")
              return std::make_unique<LocalReparameterization>();
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

/// Every step's and epoch's report.
struct Curve : Observer {
  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  void on_step(const StepReport& report) override { steps.push_back(report); }
  void on_epoch(const EpochReport& report) override { epochs.push_back(report); }
};

struct Outcome {
  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  std::vector<NamedValue> test;
  std::vector<Tensor> weights;
};

struct TrainingOptions {
  KlOptions kl;
  std::int64_t micro_batch = 0;
  int virtual_shards = 0;
  bool sharded_optimizer = false;
  std::shared_ptr<const Compression> compression{};
};

Outcome train(const std::string& estimator, Communicator& communicator,
              const TrainingOptions& options = {}) {
  constexpr std::int64_t examples = 331, batch = 33;  // the last batch of an epoch has one example
  Loader loader(quarters(examples), {.global_batch = batch, .seed = 3}, communicator.rank(),
                communicator.size());
  Model model(network(estimator),
              {.max_batch = rows_at_once(loader.max_rows(), options.micro_batch), .seed = 3});
  CategoricalCrossEntropy loss;
  loss.setup(model.output_shape(), {1}, 4);
  Adam optimizer;
  Trainer trainer({.model = model,
                   .loss = loss,
                   .optimizer = optimizer,
                   .loader = loader,
                   .communicator = communicator},
                  {.epochs = 10,
                   .learning_rate = 2e-3,
                   .micro_batch = options.micro_batch,
                   .virtual_shards = options.virtual_shards,
                   .kl = options.kl,
                   .seed = 3,
                   .sharded_optimizer = options.sharded_optimizer,
                   .buckets = {.bucket_bytes = 256},
                   .compression = options.compression});
  Curve curve;
  trainer.add_observer(curve);
  trainer.run();
  Predictor predictor(model, loss, 3, {.samples = 4});
  Outcome outcome{curve.steps, curve.epochs, evaluate(predictor, *quarters(50), communicator), {}};
  for (const Parameter* parameter : model.parameters())
    outcome.weights.push_back(parameter->value.clone());
  return outcome;
}

/// |a - b| / |b|
double relative_distance(const Tensor& a, const Tensor& b) {
  double distance = 0, norm = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.span<float>()[i], y = b.span<float>()[i];
    distance += (x - y) * (x - y);
    norm += y * y;
  }
  return std::sqrt(distance / norm);
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

class MicroBatches : public ::testing::TestWithParam<const char*> {};

TEST_P(MicroBatches, GiveTheCurveAndWeightsOfTheWholeBatch) {
  const auto one = self_communicator();
  const Outcome whole = train(GetParam(), *one);
  for (const std::int64_t size : {1, 7, 8, 16}) {  // some leave a rank without rows at the end
    SCOPED_TRACE(concat("micro-batches of ", size));
    const Outcome cut = train(GetParam(), test::communicator(), {.micro_batch = size});
    ASSERT_EQ(cut.steps.size(), 110);
    for (std::size_t i = 0; i < 110; ++i) {
      EXPECT_NEAR(cut.steps[i].loss / whole.steps[i].loss, 1, 1e-4) << "step " << i + 1;
      EXPECT_NEAR(cut.steps[i].nll / whole.steps[i].nll, 1, 1e-4) << "step " << i + 1;
    }
    for (std::size_t i = 0; i < whole.weights.size(); ++i)
      EXPECT_LT(relative_distance(cut.weights[i], whole.weights[i]), 1e-4) << "parameter " << i;
    for (std::size_t i = 0; i < whole.epochs.size(); ++i)
      for (const auto& [name, value] : whole.epochs[i].values) {
        const auto same = std::ranges::find(cut.epochs[i].values, name, &NamedValue::first);
        ASSERT_NE(same, cut.epochs[i].values.end()) << name;
        const double tolerance = name == "accuracy" ? 1.01 / 331 : 1e-4 * value;  // a close call
        EXPECT_NEAR(same->second, value, tolerance) << name << " of epoch " << i + 1;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, MicroBatches,
                         ::testing::Values("", "flipout", "reparameterization",
                                           "local_reparameterization", "per_example"),
                         [](const auto& test) {
                           return std::string(test.param).empty() ? std::string("deterministic")
                                                                  : test.param;
                         });

class Deterministic : public ::testing::TestWithParam<const char*> {};

TEST_P(Deterministic, RanksGiveTheBitsOfOne) {
  const auto one = self_communicator();
  for (const std::int64_t micro_batch : {0, 3}) {
    const TrainingOptions options{.micro_batch = micro_batch, .virtual_shards = 8};
    const Outcome alone = train(GetParam(), *one, options);
    const Outcome shared = train(GetParam(), test::communicator(), options);
    for (std::size_t i = 0; i < alone.steps.size(); ++i)
      EXPECT_EQ(shared.steps[i].loss, alone.steps[i].loss) << "step " << i + 1;
    for (std::size_t i = 0; i < alone.weights.size(); ++i)
      EXPECT_TRUE(
          std::ranges::equal(shared.weights[i].span<float>(), alone.weights[i].span<float>()))
          << "parameter " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Deterministic,
                         ::testing::Values("", "flipout", "reparameterization",
                                           "local_reparameterization", "per_example"),
                         [](const auto& test) {
                           return std::string(test.param).empty() ? std::string("deterministic")
                                                                  : test.param;
                         });

struct CompressedCase {
  std::string name;
  std::shared_ptr<const Compression> compression;
  double distance;  ///< of the loss curve, at most, relative
};

class Compressed : public ::testing::TestWithParam<CompressedCase> {};

TEST_P(Compressed, RanksFollowTheLossCurveOfOneToWhatTheirRoundingAllows) {
  const auto one = self_communicator();
  const Outcome alone = train("flipout", *one);
  const Outcome shared =
      train("flipout", test::communicator(), {.compression = GetParam().compression});
  EXPECT_LT(shared.epochs.back().values[1].second, 0.8 * shared.epochs[0].values[1].second);
  for (std::size_t i = 0; i < alone.epochs.size(); ++i)
    EXPECT_NEAR(shared.epochs[i].values[1].second / alone.epochs[i].values[1].second, 1,
                GetParam().distance)
        << "nll of epoch " << i + 1;
  // Every rank has the same weights.
  for (const Tensor& weights : shared.weights) {
    std::vector<double> sum(weights.span<float>().begin(), weights.span<float>().end());
    test::communicator().sum(std::span<double>(sum));
    for (std::size_t i = 0; i < sum.size(); ++i)
      ASSERT_EQ(sum[i],
                static_cast<double>(weights.span<float>()[i]) * test::communicator().size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Compressed,
    ::testing::Values(
        CompressedCase{"bf16",
                       std::make_shared<Bfloat16Compression>(Bfloat16Compression::Options{}), 0.01},
        CompressedCase{"int8", std::make_shared<Int8Compression>(Int8Compression::Options{}), 0.03},
        CompressedCase{"top_k",
                       std::make_shared<TopKCompression>(TopKCompression::Options{.ratio = 0.25}),
                       0.3}),
    [](const auto& test) { return test.param.name; });

class ShardedOptimizer : public ::testing::TestWithParam<const char*> {};

TEST_P(ShardedOptimizer, FollowsTheCurveOfAnOptimizerOfAll) {
  const Outcome whole = train(GetParam(), test::communicator());
  const Outcome sharded = train(GetParam(), test::communicator(), {.sharded_optimizer = true});
  ASSERT_EQ(sharded.steps.size(), 110);
  for (std::size_t i = 0; i < 110; ++i) {
    EXPECT_NEAR(sharded.steps[i].loss / whole.steps[i].loss, 1, 1e-4) << "step " << i + 1;
    EXPECT_NEAR(sharded.steps[i].kl, whole.steps[i].kl, 1e-5 * whole.steps[i].kl);
  }
  for (std::size_t i = 0; i < whole.weights.size(); ++i)
    EXPECT_LT(relative_distance(sharded.weights[i], whole.weights[i]), 1e-4) << "parameter " << i;
}

TEST_P(ShardedOptimizer, GivesTheBitsOfOneRankInAFixedOrder) {
  const auto one = self_communicator();
  const Outcome alone = train(GetParam(), *one, {.virtual_shards = 8});
  const Outcome sharded =
      train(GetParam(), test::communicator(), {.virtual_shards = 8, .sharded_optimizer = true});
  for (std::size_t i = 0; i < alone.steps.size(); ++i)
    EXPECT_EQ(sharded.steps[i].nll, alone.steps[i].nll) << "step " << i + 1;
  for (std::size_t i = 0; i < alone.weights.size(); ++i)
    EXPECT_TRUE(
        std::ranges::equal(sharded.weights[i].span<float>(), alone.weights[i].span<float>()))
        << "parameter " << i;
}

INSTANTIATE_TEST_SUITE_P(Networks, ShardedOptimizer, ::testing::Values("", "flipout"),
                         [](const auto& test) {
                           return std::string(test.param).empty() ? std::string("deterministic")
                                                                  : test.param;
                         });

/// The identity, which sums the rows of each pass over the ranks.
class CountRows : public Layer {
 public:
  explicit CountRows(std::vector<double>& counts) : counts_(counts) {}
  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override {
    return only_source(setup, src_shapes);
  }
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override {
    copy(src[0], dst, Write::overwrite);
    std::array<double, 1> rows{static_cast<double>(src[0].shape()[0])};
    context.sum(rows);
    counts_.push_back(rows[0]);
  }
  void backward(std::span<const Tensor> /*src*/, const Tensor& /*dst*/, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override {
    std::array<double, 1> rows{static_cast<double>(diff_dst.shape()[0])};
    context.sum(rows);
    EXPECT_EQ(rows[0], counts_.back());
    if (diff_src[0].tensor) copy(diff_dst, *diff_src[0].tensor, diff_src[0].write);
  }
  LayerSummary summary() const override { return {.type = "CountRows"}; }

 private:
  std::vector<double>& counts_;
};

TEST(Trainer, LetsLayersSumOverRanksInEachMicroBatch) {
  Communicator& communicator = test::communicator();
  Loader loader(quarters(33), {.global_batch = 33}, communicator.rank(), communicator.size());
  std::vector<double> counts;
  GraphSpec graph{.name = "counts", .input = {8, 8, 1}};
  graph.add<Flatten>("flatten").add("dense1", dense({.units = 4}));
  graph.add("count", LayerFactory([&counts] { return std::make_unique<CountRows>(counts); }));
  Model model(graph, {.max_batch = 8});
  CategoricalCrossEntropy loss;
  loss.setup(model.output_shape(), {1}, 4);
  Adam optimizer;
  Trainer({.model = model,
           .loss = loss,
           .optimizer = optimizer,
           .loader = loader,
           .communicator = communicator},
          {.micro_batch = 8})
      .run();
  std::vector<double> expected{8, 8, 8, 8, 1};           // on one rank
  if (communicator.size() == 2) expected = {16, 16, 1};  // of 16 and 17
  if (communicator.size() == 4) expected = {32, 1};      // of 8, 8, 8 and 9
  if (communicator.size() == 8) expected = {33};         // of 4 and 5
  EXPECT_EQ(counts, expected);
}

TEST(Kl, IsDividedByTheTrainingExamplesNotByTheBatchAndWarmsUp) {
  const Outcome full = train("flipout", test::communicator());
  for (const StepReport& step : full.steps) EXPECT_NEAR(step.loss, step.nll + step.kl / 331, 1e-9);
  const Outcome ramp =
      train("flipout", test::communicator(), {.kl = {.weight = 0.5, .warmup_epochs = 2}});
  for (std::size_t i = 0; i < ramp.steps.size(); ++i) {
    const double weight = 0.5 * std::min(1.0, static_cast<double>(i) / 22);
    EXPECT_NEAR(ramp.steps[i].loss, ramp.steps[i].nll + weight * ramp.steps[i].kl / 331, 1e-9) << i;
  }
  const Outcome by_steps =
      train("flipout", test::communicator(), {.kl = {.weight = 0.5, .warmup_steps = 22}});
  for (std::size_t i = 0; i < ramp.steps.size(); ++i)
    EXPECT_NEAR(by_steps.steps[i].loss, ramp.steps[i].loss, 1e-6) << i;  // 11 steps an epoch
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

/// What is said of a training whose first example alone overflows.
std::string overflow_message(std::int64_t micro_batch) {
  Communicator& communicator = test::communicator();
  Tensor src = random_tensor({64, 8, 8, 1}, DType::float32, "quarters"), target({64, 1});
  for (float& pixel : src.rows(0, 1).span<float>()) pixel = 3e38F;
  const auto dataset =
      std::make_shared<InMemoryDataset>("quarters", src, target, TargetInfo{.classes = 4});
  Model model(network(""), {.max_batch = rows_at_once(64, micro_batch)});
  CategoricalCrossEntropy loss;
  loss.setup(model.output_shape(), {1}, 4);
  Adam optimizer;
  Loader loader(dataset, {.global_batch = 64, .shuffle = false}, communicator.rank(),
                communicator.size());
  Trainer trainer({.model = model,
                   .loss = loss,
                   .optimizer = optimizer,
                   .loader = loader,
                   .communicator = communicator},
                  {.micro_batch = micro_batch});
  try {
    trainer.run();
  } catch (const NumericalError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Trainer, NamesTheLayerIfOnlyAnEarlierMicroBatchOverflows) {
  EXPECT_NE(overflow_message(0).find("layer \"conv1\""), std::string::npos) << overflow_message(0);
  EXPECT_EQ(overflow_message(4), overflow_message(0));
}

}  // namespace
}  // namespace credence
