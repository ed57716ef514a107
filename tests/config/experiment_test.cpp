#include "credence/config/experiment.h"

#include "config/expect_error.h"
#include <gtest/gtest.h>

#include "credence/config/yaml.h"

namespace credence {
namespace {

using testing::AllOf;
using testing::HasSubstr;

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

}  // namespace
}  // namespace credence
