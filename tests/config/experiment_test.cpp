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
  EXPECT_EQ(error_of("model: {name: CNN_FC}\ntrain:\n  global_batch_size: 8\n  batch_size: 4"),
            "train.batch_size: give batch_size (of a rank) or global_batch_size (of all), not both "
            "(recipe.yaml:4)");
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
            "model.layers.1: Dense: units must be positive, got 0 (recipe.yaml:4)");
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

}  // namespace
}  // namespace credence
