// Probabilistic backpropagation as a method of inference of a model.

#include "credence/inference/pbp.h"

#include <cmath>

#include "support/errors.h"
#include <gtest/gtest.h>

#include "credence/bayes/gaussian_samples.h"
#include "credence/config/experiment.h"
#include "credence/config/yaml.h"
#include "credence/distributions/softplus.h"

namespace credence {
namespace {

using ::testing::HasSubstr;

/// y = x^3 + N(0, 9), x uniform in [-range, range]; both as standardised for x in [-4, 4].
std::shared_ptr<const Dataset> cubic(std::int64_t examples, const char* draws, double range = 4) {
  Tensor src({examples, 1}), target({examples, 1});
  fill_uniform(src.span<float>(), noise_key(1, Stream::noise, draws), {});
  fill_normal(target.span<float>(), noise_key(2, Stream::noise, draws), {});
  for (std::int64_t n = 0; n < examples; ++n) {
    float &x = src.data<float>()[n], &y = target.data<float>()[n];
    const double given = range * (2 * x - 1);
    y = static_cast<float>((given * given * given + 3 * y) / 25);
    x = static_cast<float>(given / 2.3);
  }
  return std::make_shared<InMemoryDataset>(draws, src, target,
                                           TargetInfo{.units = {{.scale = 25, .shift = 0}}});
}

std::string recipe(const std::string& layers, const std::string& loss, std::int64_t epochs = 1,
                   const std::string& bayesian = "[]") {
  return concat("model: {layers: [", layers, "], bayesian: {layers: ", bayesian,
                "}}\ntrain: {epochs: ", epochs, ", loss: ", loss, "}\ninference: pbp");
}

const std::string network = "Dense: {units: 50}, ReLU, Dense: {units: 1}";
const std::string learn_sigma = "{type: gaussian, learn_sigma: true, min_sigma: 0.01}";

/// A recipe with what it needs to be run.
struct Trial {
  Experiment experiment;
  std::shared_ptr<const Dataset> data;
  Model model;
  std::unique_ptr<Loss> loss;
  std::unique_ptr<Communicator> communicator = self_communicator();
  std::unique_ptr<Inference> inference;
  Training training;

  Trial(const std::string& text, std::shared_ptr<const Dataset> examples, std::int64_t batch = 20)
      : experiment(read_experiment(parse_yaml(text, "recipe.yaml"))),
        data(std::move(examples)),
        model(experiment.make_graph(*data), {.max_batch = 100}),
        loss(experiment.make_loss(model, *data)),
        inference(experiment.make_inference()),
        training{.model = model,
                 .loss = *loss,
                 .communicator = *communicator,
                 .data = data,
                 .batches = {.global_batch = batch, .seed = 1},
                 .options = {.epochs = experiment.train.epochs}} {}

  Inferred run() {
    experiment.check_inference(*inference, training);
    return inference->run(training);
  }
};

struct Figures : Observer {
  std::vector<EpochReport> epochs;
  std::int64_t steps = 0, ends = 0;
  void on_step(const StepReport& report) override { steps = report.step; }
  void on_epoch(const EpochReport& report) override { epochs.push_back(report); }
  void on_end(const TrainReport& /*report*/) override { ++ends; }
  double value(const std::string& name) const {
    for (const auto& [known, value] : epochs.back().values)
      if (known == name) return value;
    return std::nan("");
  }
};

TEST(Pbp, PredictsANoisyCubicWithIntervalsThatHold) {
  Trial run(recipe(network, learn_sigma, 40), cubic(20, "cubic"));
  const Inferred inferred = run.run();
  const auto predict = [&](const std::shared_ptr<const Dataset>& data) {
    Predictor predictor(run.model, *run.loss, 1, {.samples = 200}, inferred.weights.get());
    return predictor.predict(*data, *run.communicator);
  };
  constexpr std::int64_t n = 1000;
  const PredictedPart part = predict(cubic(n, "test"));
  double squares = 0, covered = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const float y = part.target.data<float>()[i];
    squares += std::pow(part.predictions.mean.data<float>()[i] - y, 2) / n;
    covered += part.predictions.lower.data<float>()[i] <= y &&
               y <= part.predictions.upper.data<float>()[i];
  }
  EXPECT_LT(std::sqrt(squares), 9);  // the noise alone gives 3, a mean of 0 gives 24
  EXPECT_GT(covered / n, 0.75);      // of 0.9, after 20 examples
  const auto mean_epistemic = [](const PredictedPart& of) {
    double sum = 0;
    for (const float sigma : of.predictions.epistemic_sigma.span<float>()) sum += sigma;
    return sum / static_cast<double>(of.end);
  };
  EXPECT_GT(mean_epistemic(predict(cubic(n, "far", 12))), 1.5 * mean_epistemic(part));
}

TEST(Pbp, SetsTheModelToTheMeansAndTheNoise) {
  Trial run(recipe(network, learn_sigma, 60), cubic(200, "cubic"));
  Figures figures;
  run.training.observers = {&figures};
  const Inferred inferred = run.run();
  const auto* const samples = dynamic_cast<const GaussianSamples*>(inferred.weights.get());
  ASSERT_NE(samples, nullptr);
  ASSERT_EQ(samples->marginals().size(), 4U);
  for (const Parameter* parameter : run.model.parameters()) {
    if (parameter->name == "sigma.rho") continue;
    const auto marginal = std::ranges::find(samples->marginals(), parameter->name,
                                            &GaussianSamples::Marginal::parameter);
    ASSERT_NE(marginal, samples->marginals().end()) << parameter->name;
    EXPECT_TRUE(std::ranges::equal(parameter->value.span<float>(), marginal->mean.span<float>()));
    for (const float sigma : marginal->sigma.span<float>()) EXPECT_GT(sigma, 0);
  }
  const Parameter& rho = *run.model.parameters().back();
  EXPECT_FALSE(samples->varies(rho));
  const double sigma = 0.01 + softplus(double{rho.value.data<float>()[0]});
  EXPECT_NEAR(25 * sigma, figures.value("noise_sigma"), 1e-4);
  EXPECT_NEAR(25 * sigma, 3, 1);
}

TEST(Pbp, TellsOfItsEpochs) {
  Trial run(recipe(network, learn_sigma, 3), cubic(50, "cubic"));
  run.training.validation = cubic(30, "validation");
  Figures figures;
  run.training.observers = {&figures};
  const Inferred inferred = run.run();
  EXPECT_EQ(inferred.report.steps, 9);
  EXPECT_EQ(inferred.report.examples, 150);
  EXPECT_EQ(figures.steps, 9);
  EXPECT_EQ(figures.ends, 1);
  ASSERT_EQ(figures.epochs.size(), 3U);
  EXPECT_LT(figures.value("rmse"), 24);
  EXPECT_EQ(figures.value("loss"), figures.value("nll"));
  EXPECT_LT(figures.value("nll"), figures.epochs[0].values[1].second);
  EXPECT_TRUE(std::isfinite(figures.value("val_nll")));
}

TEST(Pbp, TakesExamplesOneByOneWhateverTheBatch) {
  const auto mean_of = [](std::int64_t batch) {
    Trial run(recipe(network, learn_sigma, 2), cubic(30, "cubic"), batch);
    run.run();
    const std::span<const float> values = run.model.parameters()[0]->value.span<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(mean_of(1), mean_of(7));
  EXPECT_EQ(mean_of(1), mean_of(30));
}

TEST(Pbp, BeginsWithNoEpochsAtThePrior) {
  Trial run(recipe(network, learn_sigma, 0), cubic(20, "cubic"));
  const Inferred inferred = run.run();
  const auto& samples = dynamic_cast<const GaussianSamples&>(*inferred.weights);
  // Of Gamma(6, 6), E[1 / precision] is 6 / 5; the first layer has a source and the bias's 1.
  EXPECT_NEAR(samples.marginals()[0].sigma.data<float>()[0], std::sqrt(1.2 / 2), 1e-6);
  EXPECT_NEAR(samples.marginals()[2].sigma.data<float>()[0], std::sqrt(1.2 / 51), 1e-6);
}

TEST(Pbp, MayHaveNoBiasesAndOneLayer) {
  Trial run(recipe("Flatten, Dense: {units: 1, bias: false}", learn_sigma, 5), cubic(50, "cubic"));
  const Inferred inferred = run.run();
  // A cubic in a straight line, by least squares over x in [-4, 4]: 9.6 x; x and y as given.
  EXPECT_NEAR(run.model.parameters()[0]->value.data<float>()[0], 9.6 * 2.3 / 25, 0.15);
}

TEST(Pbp, RefusesWhatItIsNotFor) {
  const auto message = [](const std::string& layers, const std::string& loss,
                          const std::string& bayesian = "[]") {
    Trial run(recipe(layers, loss, 1, bayesian), cubic(20, "cubic"));
    return testing::message_of<ConfigError>([&] { run.run(); });
  };
  EXPECT_THAT(message("Dense: {units: 5}, Tanh, Dense: {units: 1}", learn_sigma),
              HasSubstr("Dense layers with ReLU between them: layer \"tanh_1\" is Tanh"));
  EXPECT_THAT(message("Dense: {units: 5}, Dropout, Dense: {units: 1}", learn_sigma),
              HasSubstr("layer \"dropout_1\" is Dropout"));
  EXPECT_THAT(message("Dense: {units: 5}, Dense: {units: 1}", learn_sigma),
              HasSubstr("layer \"dense_2\" follows a Dense layer without ReLU between"));
  EXPECT_THAT(message("ReLU, Dense: {units: 1}", learn_sigma),
              HasSubstr("layer \"relu_1\" is ReLU, and does not follow a Dense layer"));
  EXPECT_THAT(message("Dense: {units: 1}, ReLU", learn_sigma),
              HasSubstr("must end in a Dense layer of one output"));
  EXPECT_THAT(message("Dense: {units: 5}, Flatten, ReLU, Dense: {units: 1}", learn_sigma),
              HasSubstr("Flatten may come before the first Dense layer only"));
  EXPECT_THAT(message(network, "{type: gaussian, sigma: 0.5}"),
              HasSubstr("pbp learns the noise: set train.loss.learn_sigma=true"));
  EXPECT_THAT(message("Dense: {units: 5}, ReLU, Dense: {units: 2}", "gaussian"),
              HasSubstr("pbp learns the noise: set train.loss.learn_sigma=true"));
  EXPECT_THAT(message(network, "mean_squared_error"),
              HasSubstr("train.loss.type=gaussian, got mean_squared_error"));
  EXPECT_THAT(message(network, learn_sigma, "[dense_1]"), HasSubstr("have one already"));
}

TEST(Pbp, RefusesTargetsThatAreNotOneNumber) {
  Tensor src({20, 6, 6, 1}), classes({20, 1});
  classes.data<float>()[0] = 1;
  const auto labelled =
      std::make_shared<InMemoryDataset>("classes", src, classes, TargetInfo{.classes = 2});
  Trial classifier(recipe("Flatten, Dense: {units: 2}", "auto"), labelled);
  EXPECT_THAT(testing::message_of<ConfigError>([&] { classifier.run(); }),
              HasSubstr("pbp is for regression"));
  const auto pairs =
      std::make_shared<InMemoryDataset>("pairs", Tensor({20, 3}), Tensor({20, 2}), TargetInfo{});
  Trial two(recipe("Dense: {units: 2}", learn_sigma), pairs);
  EXPECT_THAT(testing::message_of<ConfigError>([&] { two.run(); }),
              HasSubstr("pbp is for one target, got 2"));
  const auto images =
      std::make_shared<InMemoryDataset>("images", src, Tensor({20, 1}), TargetInfo{});
  Trial convolution(
      recipe("Conv2D: {filters: 2, kernel: 3}, Flatten, Dense: {units: 1}", learn_sigma), images);
  EXPECT_THAT(testing::message_of<ConfigError>([&] { convolution.run(); }),
              HasSubstr("layer \"conv2d_1\" is Conv2D"));
}

TEST(Pbp, RefusesBeliefsWithoutAnExpectedVariance) {
  EXPECT_THROW(Pbp({.noise = {.shape = 1}}), ConfigError);
  EXPECT_THROW(Pbp({.prior = {.rate = 0}}), ConfigError);
  EXPECT_THROW(Pbp({.noise = {.shape = std::nan("")}}), ConfigError);
}

TEST(Pbp, SaysWhereTheEvidenceIsNotFinite) {
  Tensor src({5, 1}), target({5, 1});
  src.fill(1);
  target.data<float>()[3] = std::numeric_limits<float>::infinity();
  Trial run(recipe(network, learn_sigma),
            std::make_shared<InMemoryDataset>("infinite", src, target, TargetInfo{}), 5);
  EXPECT_THAT(testing::message_of<NumericalError>([&] { run.run(); }),
              HasSubstr("the evidence of example 3 is not finite at step 1"));
}

}  // namespace
}  // namespace credence
