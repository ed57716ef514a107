#include "credence/config/experiment.h"

#include "config/expect_error.h"
#include <gtest/gtest.h>

#include "credence/config/yaml.h"

namespace credence {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Experiment read(const std::string& text) {
  return read_experiment(parse_yaml("model: {name: CNN_FC}\n" + text, "recipe.yaml"));
}

InMemoryDataset data_with(std::int64_t classes) {
  return {"made up", Tensor({2, 3}), Tensor({2, 1}), {.classes = classes}};
}

TEST(Experiment, MetricsMustFitTheData) {
  const Experiment experiment = read("predict: {metrics: [classwise_ece, ll]}");
  EXPECT_EQ(experiment.predict.metrics, (std::vector<std::string>{"classwise_ece", "ll"}));
  EXPECT_NO_THROW(experiment.check_metrics(data_with(3)));
  EXPECT_ERROR(experiment.check_metrics(data_with(0)), ConfigError,
               "predict.metrics.0: metric \"classwise_ece\" does not fit a problem of regression; "
               "those that fit: rmse, mae (recipe.yaml:2)");
  EXPECT_ERROR(read("train:\n  validation:\n    metrics:\n      - mae").check_metrics(data_with(3)),
               ConfigError,
               AllOf(HasSubstr("train.validation.metrics.0: metric \"mae\""),
                     HasSubstr("classification"), HasSubstr("(recipe.yaml:5)")));
}

TEST(Experiment, MetricsMustExist) {
  EXPECT_ERROR(read("predict:\n  metrics: [ll,\n            acuracy]"), ConfigError,
               AllOf(HasSubstr("predict.metrics.1: unknown metric \"acuracy\""),
                     HasSubstr("(recipe.yaml:4)")));
}

/// What reading says of a wrong recipe, whose data need not be there.
std::string error_of(const std::string& text) {
  try {
    read_experiment(parse_yaml(text, "recipe.yaml"));
    return "none";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(Experiment, RefusesNumbersOutOfRangeInTheirPlace) {
  const auto error_of_train = [](const std::string& key, const std::string& value) {
    return error_of("model: {name: CNN_FC}\ntrain:\n  loss: auto\n  " + key + ": " + value);
  };
  const std::pair<const char*, const char*> cases[] = {
      {"epochs", "-1"},          {"steps_per_epoch", "-1"},  {"log_every_steps", "-1"},
      {"batch_size", "0"},       {"global_batch_size", "0"}, {"learning_rate", "0.0"},
      {"learning_rate", ".nan"}, {"learning_rate", ".inf"},  {"micro_batch", "-1"}};
  for (const auto& [key, value] : cases)
    EXPECT_THAT(error_of_train(key, value),
                AllOf(StartsWith(concat("train.", key, ": expected ")),
                      EndsWith(concat("got ", value, " (recipe.yaml:4)"))));
  EXPECT_EQ(error_of_train("kl", "{weight: -1}"),
            "train.kl.weight: expected 0 or more, got -1.0 (recipe.yaml:4)");
  EXPECT_EQ(error_of_train("kl", "\n    weight: 1\n    warmup_epochs: -.inf"),
            "train.kl.warmup_epochs: expected 0 or more, got -.inf (recipe.yaml:6)");
  EXPECT_EQ(error_of_train("kl", "\n    warmup_steps: -1"),
            "train.kl.warmup_steps: expected 0 or more, got -1 (recipe.yaml:5)");
  EXPECT_EQ(error_of_train("kl", "\n    warmup_epochs: 1\n    warmup_steps: 10"),
            "train.kl.warmup_steps: there is warmup_epochs too (recipe.yaml:5): remove one of them "
            "(recipe.yaml:6)");
  EXPECT_EQ(
      error_of("model: {name: CNN_FC}\ntrain:\n  global_batch_size: 8\n  batch_size: 4"),
      "train.batch_size: there is global_batch_size (of all ranks) too (recipe.yaml:3): remove "
      "it, or batch_size (of one rank) (recipe.yaml:4)");
}

TEST(Experiment, RefusesOptionsOfOptimizersAndSchedulesInTheirPlace) {
  const auto error_of_train = [](const std::string& text) {
    return error_of("model: {name: CNN_FC}\ntrain:\n  " + text);
  };
  EXPECT_EQ(error_of_train("optimizer:\n    type: Adam\n    beta2: 1"),
            "train.optimizer.beta2: adam: beta2 must be 0 or more and below 1, got 1 "
            "(recipe.yaml:5)");
  EXPECT_EQ(error_of_train("optimizer: {SGD: {nesterov: true}}"),
            "train.optimizer.SGD.nesterov: sgd: nesterov needs momentum above 0, got 0 "
            "(recipe.yaml:3)");
  EXPECT_EQ(error_of_train("schedule: {type: cosine, final_fraction: 2}"),
            "train.schedule.final_fraction: cosine: final_fraction must be from 0 to 1, got 2 "
            "(recipe.yaml:3)");
  EXPECT_THAT(error_of_train("warmup: {steps: 10, epochs: 1}"),
              AllOf(StartsWith("train.warmup.steps: "), HasSubstr("got both: 10 and 1"),
                    EndsWith("(recipe.yaml:3)")));
}

TEST(Experiment, RefusesOptionsOfLayersInTheirPlace) {
  const auto error_of_layers = [](const std::string& text) {
    return error_of("model:\n  layers:\n    - ReLU\n    - " + text);
  };
  EXPECT_EQ(error_of_layers("Dropout: {rate: 1}"),
            "model.layers.1.Dropout.rate: Dropout: rate must be in [0, 1), got 1 (recipe.yaml:4)");
  EXPECT_EQ(error_of_layers("{type: Dense, name: dense1}"),
            "model.layers.1: Dense: give units, the number of outputs, 1 or more (recipe.yaml:4)");
  EXPECT_EQ(error_of_layers("type: Conv2D\n      filters: 3\n      kernel: [3, 0]"),
            "model.layers.1.kernel: Conv2D: kernel must be 1 or more, got 3x0 (recipe.yaml:6)");
  EXPECT_EQ(error_of_layers("MaxPool2D: {stride: -1}"),
            "model.layers.1.MaxPool2D.stride: MaxPool2D: stride must be 1 or more, got -1x-1 "
            "(recipe.yaml:4)");
  EXPECT_EQ(error_of_layers("AvgPool2D: {window: [16, 16]}"),
            "model.layers.1.AvgPool2D.window: AvgPool2D: window must have at most 255 pixels, got "
            "16x16 (recipe.yaml:4)");
  EXPECT_EQ(error_of("model: {name: BNN_conv_flip,\n  bayesian: {prior: {sigma: 0}}}"),
            "model.bayesian.prior.sigma: gaussian: sigma must be positive and finite, got 0 "
            "(recipe.yaml:2)");
}

TEST(Experiment, SaysWhichLossTheDataTake) {
  const auto refuse = [](const std::string& text, std::int64_t classes) -> std::string {
    const Experiment experiment = read_experiment(parse_yaml(text, "recipe.yaml"));
    const InMemoryDataset data = data_with(classes);
    const Model model(experiment.make_graph(data), {});
    try {
      experiment.make_loss(model, data);
      return "none";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  const std::string bayesian = "model: {name: BNN_FC_flip}\n";
  EXPECT_THAT(refuse(bayesian, 0),
              AllOf(StartsWith("train.loss: mean_squared_error is no likelihood"),
                    HasSubstr("with train.loss=gaussian, or without a posterior, by "
                              "model.bayesian.layers=[]")));
  for (const char* sigma : {"", ", sigma: 0.1"})  // the model of the zoo gets outputs to match
    EXPECT_EQ(refuse(concat(bayesian, "train: {loss: {type: gaussian", sigma, "}}"), 0), "none");
  EXPECT_EQ(refuse("model: {name: BNN_FC_flip, bayesian: {layers: []}}\n", 0), "none");
  EXPECT_EQ(refuse(bayesian, 3), "none");
  for (const char* loss : {"categorical_cross_entropy", "binary_cross_entropy"})
    EXPECT_THAT(
        refuse(concat("model: {name: CNN_FC}\ntrain:\n  loss: ", loss), 0),
        AllOf(StartsWith(concat("train.loss: ", loss, " is for classes, which the data do")),
              HasSubstr("train.loss=mean_squared_error"), EndsWith("(recipe.yaml:3)")));
  EXPECT_THAT(refuse("model: {name: CNN_FC}\ntrain:\n  loss: mean_squared_error", 3),
              AllOf(HasSubstr("is for regression, got 3 classes"), EndsWith("(recipe.yaml:3)")));
}

TEST(Experiment, AsksForTheWeightsThatAPriorIsCentredOn) {
  const std::string moped =
      "model:\n  name: BNN_FC_flip\n  bayesian:\n    prior: {type: moped, sigma: 0.1}\n";
  EXPECT_EQ(error_of(moped),
            "model.bayesian.prior: moped is centred on trained weights: give model.weights, a run "
            "directory (recipe.yaml:4)");
  EXPECT_EQ(error_of(moped + "  weights: runs/a\n"), "none");  // which evaluation does not need
  EXPECT_EQ(error_of("model:\n  name: BNN_FC_flip\n  bayesian:\n    relative_sigma: 0.1\n"),
            "model.bayesian.relative_sigma: is relative to trained weights: give model.weights, a "
            "run directory (recipe.yaml:4)");
}

TEST(Experiment, GivesALearnedSigmaALayerAtTheEnd) {
  const std::string learned = "train: {loss: {type: gaussian, learn_sigma: true, sigma: 0.3}}\n";
  const auto graph = [&](const std::string& model) {
    return read_experiment(parse_yaml(model + learned, "recipe.yaml")).make_graph(data_with(0));
  };
  for (const char* model :
       {"model: {name: BNN_FC_flip}\n", "model: {layers: [{Dense: {units: 1}}]}\n",
        "model: {layers: [{type: Dense, name: d, units: 1}], outputs: d}\n"}) {
    const Model made(graph(model), {});
    EXPECT_EQ(made.output_shape(), Shape({2}));
    EXPECT_EQ(made.parameters().back()->name, "sigma.rho");
  }
  EXPECT_ERROR(Model(graph("model: {layers: [{Dense: {units: 2}}]}\n"), {}), ShapeError,
               AllOf(HasSubstr("each of the 1 targets, got [2]"), HasSubstr("learn_sigma")));
  EXPECT_ERROR(graph("model: {layers: [{type: Dense, units: 1, name: sigma}]}\n"), ConfigError,
               AllOf(StartsWith("train.loss: learn_sigma adds"), EndsWith("(recipe.yaml:2)")));
}

TEST(Experiment, KnowsTheOptionsOfAnOptimizerThatAreNotAtTheirDefault) {
  const auto paths = [](const std::string& text) {
    std::vector<std::string> found;
    for (const ConfigPlace& place : read_experiment(parse_yaml(text, "recipe.yaml")).of_optimizer)
      found.push_back(place.path);
    return found;
  };
  const std::string model = "model: {name: CNN_FC}\n";
  EXPECT_THAT(paths(model), testing::IsEmpty());
  EXPECT_THAT(paths(model + "train: {optimizer: Adam, learning_rate: 0.001, micro_batch: 0, "
                            "schedule: constant, warmup: {steps: 0}, epochs: 3}"),
              testing::IsEmpty());
  EXPECT_THAT(paths(model + "train: {optimizer: SGD, learning_rate: 0.1, micro_batch: 4, "
                            "learning_rate_scaling: sqrt, schedule: cosine, warmup: {steps: 5}}"),
              testing::UnorderedElementsAre("train.optimizer", "train.learning_rate",
                                            "train.micro_batch", "train.learning_rate_scaling",
                                            "train.schedule", "train.warmup"));
}

TEST(Experiment, RefusesLayersOfThePosteriorInTheirPlace) {
  const auto refuse = [](const std::string& layers) -> std::string {
    const Experiment experiment = read_experiment(
        parse_yaml("model:\n  name: CNN_FC\n  bayesian:\n    layers: " + layers, "recipe.yaml"));
    try {
      experiment.make_graph(data_with(3));
      return "none";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refuse("[dense1, dense7]"),
            "model.bayesian.layers: unknown layer with weights \"dense7\"; did you mean "
            "\"dense1\"? (known: dense1, dense2) (recipe.yaml:4)");
  EXPECT_EQ(refuse("last 3"),
            "model.bayesian.layers: expected at most \"last 2\", as many layers have weights, got "
            "\"last 3\" (recipe.yaml:4)");
}

TEST(Experiment, RefusesNamesOfLayersInTheirPlace) {
  const auto refuse = [](const std::string& name) {
    return error_of("model:\n  layers:\n    - ReLU\n    - type: ReLU\n      name: " + name);
  };
  EXPECT_EQ(refuse("relu_1"),
            "model.layers.1.name: the layer name \"relu_1\" is used twice (recipe.yaml:5)");
  EXPECT_EQ(refuse("input"),
            "model.layers.1.name: \"input\" is the network's input: call the layer otherwise "
            "(recipe.yaml:5)");
  EXPECT_EQ(refuse("''"),
            "model.layers.1.name: expected a layer's name, got an empty one (recipe.yaml:5)");
}

}  // namespace
}  // namespace credence
