#include "credence/model/model.h"

#include <cmath>

#include "support/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/bayes/flipout.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/dropout.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/layers/sigmoid.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

VariationalSpec flipout() {
  return {.estimator = [] { return std::make_unique<Flipout>(); },
          .prior = std::make_shared<GaussianPrior>(GaussianOptions{})};
}

/// A shared root with two heads; `pool1` feeds three layers, one of them in place if it may.
GraphSpec branching_graph() {
  GraphSpec graph{.name = "branches", .input = {6, 6, 1}};
  graph.add("conv1", conv2d({.filters = 2, .kernel = {3, 3}, .padding = PaddingMode::same}))
      .add<Sigmoid>("sigmoid1")
      .add_with<MaxPool2d>("pool1", {.window = {2, 2}})
      .add<Flatten>("left", {"pool1"})
      .add("left_head", dense({.units = 2}))
      .add<ReLU>("right", {"pool1"})
      .add<Flatten>("right_flat")
      .add<Sigmoid>("right_sigmoid")
      .add("right_head", dense({.units = 3}));
  graph.outputs = {"left_head", "right_head"};
  return graph;
}

void expect_gradients_match_differences(Model& model, const StepContext& context) {
  const Tensor src = random_tensor(model.input_shape().prepend(2), DType::float64, "src");
  const std::size_t outputs = model.name() == "branches" ? 2 : 1;
  std::vector<Tensor> weights;
  for (std::size_t i = 0; i < outputs; ++i)
    weights.push_back(
        random_tensor(model.output_shape(i).prepend(2), DType::float64, "w" + std::to_string(i)));
  const auto objective = [&] {
    model.forward(src, context);
    double sum = 0;
    for (std::size_t i = 0; i < outputs; ++i)
      for (std::int64_t k = 0; k < weights[i].size(); ++k)
        sum += model.output(i).span<double>()[k] * weights[i].span<double>()[k];
    return sum;
  };
  objective();
  model.gradients().fill(std::nan(""));
  for (std::size_t i = 0; i < outputs; ++i) model.diff_output(i).copy_from(weights[i]);
  model.backward(context);
  for (Parameter* parameter : model.parameters()) {
    const Tensor gradient = parameter->gradient.clone();
    for (std::int64_t k = 0; k < gradient.size(); ++k) {
      constexpr double h = 1e-6;
      double& x = parameter->value.span<double>()[k];
      const double kept = x;
      x = kept + h;
      const double up = objective();
      x = kept - h;
      const double down = objective();
      x = kept;
      ASSERT_NEAR(gradient.span<double>()[k], (up - down) / (2 * h), 1e-6)
          << parameter->name << " " << k;
    }
  }
}

TEST(Model, GradientsOfAGraphWithBranchesMatchCentralDifferences) {
  GraphSpec graph = branching_graph();
  Model model(graph, {.dtype = DType::float64, .max_batch = 4});
  expect_gradients_match_differences(model, {.seed = 1});
}

TEST(Model, GradientsOfAVariationalNetworkWithDropoutMatchCentralDifferences) {
  GraphSpec graph{.name = "chain", .input = {5, 5, 1}};
  graph.add("conv1", conv2d({.filters = 2, .kernel = {2, 2}}))
      .add<ReLU>("relu1")
      .add<Flatten>("flatten")
      .add_with<Dropout>("dropout", {.rate = 0.3})
      .add("dense1", dense({.units = 3}));
  make_variational(graph, {{"all"}}, flipout());
  Model model(graph, {.dtype = DType::float64, .max_batch = 2});
  EXPECT_TRUE(model.is_bayesian());
  expect_gradients_match_differences(model, {.seed = 1, .step = 4});
}

TEST(Model, TellsWhenGradientsAreFinalLastLayerFirst) {
  const GraphSpec graph = branching_graph();
  Model model(graph, {.max_batch = 2});
  const Tensor src = random_tensor({2, 6, 6, 1}, DType::float32, "src");
  model.forward(src, {});
  std::int64_t expected = 0;
  model.backward({}, [&](std::int64_t offset, std::int64_t count) {
    EXPECT_EQ(offset, expected);
    expected += count;
  });
  EXPECT_EQ(expected, model.gradients().size());
}

TEST(Model, TellsOnceOfEachElementWhoseGradientIsWhole) {
  const auto make = [] {
    GraphSpec graph{.name = "bayesian", .input = {70}};
    graph.add("dense1", dense({.units = 60})).add<ReLU>("relu1").add("dense2", dense({.units = 3}));
    make_variational(graph, {.layers = {"dense1"}}, flipout());
    return std::make_unique<Model>(graph, ModelOptions{});
  };
  const auto model = make();
  const double kl = model->kl({});
  std::vector<std::vector<int>> told;
  for (const Parameter* parameter : model->parameters())
    told.emplace_back(static_cast<std::size_t>(parameter->value.size()));
  const double returned = model->add_kl_gradient(
      0.5, {}, [&](std::size_t parameter, std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          ++told[parameter][static_cast<std::size_t>(i)];
          model->parameters()[parameter]->value.data<float>()[i] = -1;  // which it may do
        }
      });
  EXPECT_EQ(returned, kl);
  for (const std::vector<int>& elements : told) EXPECT_THAT(elements, ::testing::Each(1));

  const auto apart = make();
  apart->add_kl_gradient(0.5, {}, [](std::size_t, std::int64_t, std::int64_t) {});
  EXPECT_THAT(model->gradients().span<float>(),
              ::testing::ElementsAreArray(apart->gradients().span<float>()));
  EXPECT_NE(model->parameters()[0]->gradient.data<float>()[0], 0);
}

TEST(Model, FloatFollowsDouble) {
  const GraphSpec graph = branching_graph();
  Model single(graph, {.dtype = DType::float32, .max_batch = 2}),
      twice(graph, {.dtype = DType::float64, .max_batch = 2});
  const Tensor src = random_tensor({2, 6, 6, 1}, DType::float32, "src");
  single.forward(src, {});
  twice.forward(to_double(src), {});
  for (std::size_t i = 0; i < 2; ++i)
    for (std::int64_t k = 0; k < single.output(i).size(); ++k)
      EXPECT_NEAR(single.output(i).span<float>()[k], twice.output(i).span<double>()[k], 1e-5);
}

TEST(Model, NamesParametersByLayer) {
  GraphSpec graph{.name = "named", .input = {4}};
  graph.add("root", dense({.units = 3}))
      .add<ReLU>("relu")
      .add("head", dense({.units = 2, .bias = false}));
  make_variational(graph, {{"last 1"}}, flipout());
  Model model(graph, {});
  std::vector<std::string> names;
  for (const Parameter* parameter : model.parameters()) names.push_back(parameter->name);
  EXPECT_THAT(names, ElementsAre("root.weight", "root.bias", "head.weight_mu", "head.weight_rho"));
  EXPECT_EQ(model.parameter_count(), 4 * 3 + 3 + 2 * 3 * 2);
}

TEST(Model, RefusesGraphsThatAreNone) {
  GraphSpec unknown{.name = "m", .input = {4}};
  unknown.add("dense1", dense({.units = 3})).add("dense2", dense({.units = 3}), {"dense"});
  EXPECT_THAT([&] { Model(unknown, {}); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean \"dense1\"")));
  GraphSpec twice{.name = "m", .input = {4}};
  twice.add("a", dense({.units = 3})).add("a", dense({.units = 3}));
  EXPECT_THAT([&] { Model(twice, {}); }, ThrowsMessage<ConfigError>(HasSubstr("twice")));
  GraphSpec unused{.name = "m", .input = {4}};
  unused.add("a", dense({.units = 3})).add("b", dense({.units = 3}), {"input"});
  EXPECT_THAT([&] { Model(unused, {}); },
              ThrowsMessage<ConfigError>(HasSubstr("nothing uses layer \"a\"")));
  GraphSpec misfit{.name = "m", .input = {4, 4, 1}};
  misfit.add("head", dense({.units = 3}));
  EXPECT_THAT([&] { Model(misfit, {}); }, ThrowsMessage<ShapeError>(HasSubstr("\"head\"")));
  EXPECT_THROW(Model(GraphSpec{.name = "m", .input = {4}}, {}), ConfigError);
  GraphSpec graph{.name = "m", .input = {4}};
  graph.add("dense1", dense({.units = 3})).add<ReLU>("relu");
  EXPECT_THAT([&] { make_variational(graph, {{"relu"}}, flipout()); },
              ThrowsMessage<ConfigError>(HasSubstr("dense1")));
  EXPECT_THROW(make_variational(graph, {{"last 2"}}, flipout()), ConfigError);
}

}  // namespace
}  // namespace credence
