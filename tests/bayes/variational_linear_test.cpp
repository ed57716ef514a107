#include "credence/bayes/variational_linear.h"

#include <algorithm>
#include <cmath>

#include "support/gradient_check.h"
#include "support/variational.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/bayes/flipout.h"
#include "credence/bayes/reparameterization.h"
#include "credence/config/registries.h"
#include "credence/layers/conv1d.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"

namespace credence {
namespace {

VariationalSpec spec_of(const std::string& estimator) {
  VariationalSpec spec = variational<Reparameterization>();
  OptionReader defaults;
  spec.estimator = estimator_registry().find(estimator).prepare(defaults);
  return spec;
}

const LinearSpec small_convolution =
    conv2d({.filters = 3, .kernel = {3, 3}, .padding = PaddingMode::same});

class Estimators : public ::testing::TestWithParam<std::string> {};

TEST_P(Estimators, GradientsMatchCentralDifferences) {
  VariationalLinear dense_layer(dense({.units = 3}), spec_of(GetParam()));
  check_gradients(dense_layer, {{4}}, 3, {.seed = 5, .step = 9, .first_example = 2});
  VariationalLinear convolution(small_convolution, spec_of(GetParam()));
  check_gradients(convolution, {{4, 3, 2}}, 2, {.seed = 5, .step = 9});
  VariationalLinear line(conv1d({.filters = 3, .kernel = 3, .padding = PaddingMode::same}),
                         spec_of(GetParam()));
  check_gradients(line, {{6, 2}}, 2, {.seed = 5, .step = 9});
  VariationalSpec with_biases = spec_of(GetParam());
  with_biases.biases = true;
  VariationalLinear drawn_bias(dense({.units = 3}), with_biases);
  check_gradients(drawn_bias, {{4}}, 3, {.seed = 5, .step = 9});
}

TEST_P(Estimators, AnExamplesOutputDependsOnItsPlaceInTheGlobalBatchAlone) {
  constexpr std::int64_t batch = 6;
  VariationalLinear layer(small_convolution, spec_of(GetParam()));
  const Shape src_shape{5, 5, 2};
  const Shape dst_shape = layer.setup({"conv", DType::float64, batch}, std::span(&src_shape, 1));
  layer.initialize(1);
  const Tensor src = random_tensor(src_shape.prepend(batch), DType::float64, "src");
  Tensor whole(dst_shape.prepend(batch), DType::float64),
      part(dst_shape.prepend(2), DType::float64);
  layer.forward(std::span(&src, 1), whole, {.seed = 2, .step = 7});
  const Tensor last_two = src.rows(4, 2);
  layer.forward(std::span(&last_two, 1), part, {.seed = 2, .step = 7, .first_example = 4});
  const Tensor expected = whole.rows(4, 2);
  EXPECT_TRUE(std::ranges::equal(expected.span<double>(), part.span<double>()));
}

/// Mean and variance of an output over draws: those of a linear map of independent normal weights,
/// mean map(src, mu) and variance map(src^2, sigma^2).
TEST_P(Estimators, OutputsHaveTheMeanAndVarianceOfTheWeights) {
  constexpr std::int64_t draws = 20000;
  constexpr double sigma = 0.3;
  VariationalLinear layer(dense({.units = 2, .bias = false}), spec_of(GetParam()));
  const Shape src_shape{3};
  layer.setup({"dense", DType::float64, 1}, std::span(&src_shape, 1));
  layer.initialize(1);
  const Tensor src = random_tensor({1, 3}, DType::float64, "src");
  const auto mu = layer.parameters()[0]->value.span<double>();
  for (std::int64_t o = 0; o < 2; ++o) {
    double mean = 0, square = 0, expected = 0, norm = 0;
    for (std::int64_t i = 0; i < 3; ++i) {
      const double x = src.span<double>()[i];
      expected += mu[o * 3 + i] * x;
      norm += x * x;
    }
    Tensor dst({1, 2}, DType::float64);
    for (std::uint64_t step = 0; step < draws; ++step) {
      layer.forward(std::span(&src, 1), dst, {.seed = 3, .step = step});
      const double departure = dst.span<double>()[o] - expected;
      mean += departure / draws;
      square += departure * departure / draws;
    }
    const double variance = sigma * sigma * norm;
    EXPECT_LT(std::abs(mean / std::sqrt(variance / draws)), 4) << "n = " << draws;
    EXPECT_LT(std::abs(square - variance) / (variance * std::sqrt(2.0 / draws)), 4)
        << "n = " << draws;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Estimators, ::testing::ValuesIn(estimator_registry().names()));

/// Each example sees one set of weights, mu + (r s^T) * sigma * eps: signs that varied over pixels,
/// or were shared by examples, would not fit one convolution an example.
TEST(Flipout, IsOneConvolutionAnExampleWithSignedWeights) {
  constexpr std::int64_t batch = 3;
  const StepContext context{.seed = 4, .step = 6, .first_example = 10};
  VariationalLinear layer(small_convolution, variational<Flipout>());
  const Shape src_shape{5, 4, 2};
  const Shape dst_shape = layer.setup({"conv", DType::float64, batch}, std::span(&src_shape, 1));
  layer.initialize(1);
  const Tensor src = random_tensor(src_shape.prepend(batch), DType::float64, "src");
  Tensor dst(dst_shape.prepend(batch), DType::float64);
  layer.forward(std::span(&src, 1), dst, context);

  const auto map = small_convolution.make_map({"plain", DType::float64, 1}, src_shape);
  const auto mu = layer.parameters()[0]->value.span<double>();
  Tensor eps(map->weights_shape(), DType::float64), weights(map->weights_shape(), DType::float64);
  fill_normal(eps, noise_key(4, Stream::posterior, "conv.weight"), {.step = 6});
  for (std::int64_t n = 0; n < batch; ++n) {
    double r[3], s[2];
    const NoisePosition position{.step = 6, .example = static_cast<std::uint32_t>(10 + n)};
    fill_signs(std::span<double>(s), noise_key(4, Stream::signs, "conv.weight.s"), position);
    fill_signs(std::span<double>(r), noise_key(4, Stream::signs, "conv.weight.r"), position);
    for (std::int64_t i = 0; i < weights.size(); ++i)
      weights.span<double>()[i] = mu[i] + r[i / 18] * s[i / 9 % 2] * 0.3 * eps.span<double>()[i];
    Tensor expected(dst_shape.prepend(1), DType::float64);
    map->forward(src.rows(n, 1), weights, nullptr, expected);
    const Tensor got = dst.rows(n, 1);
    for (std::int64_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got.span<double>()[i], expected.span<double>()[i], 1e-12);
  }
}

TEST(Flipout, ExamplesDoNotShareTheirDepartureFromTheMean) {
  constexpr std::int64_t batch = 2, draws = 4000;
  VariationalLinear layer(dense({.units = 1, .bias = false}), variational<Flipout>());
  const Shape src_shape{4};
  layer.setup({"dense", DType::float64, batch}, std::span(&src_shape, 1));
  layer.initialize(1);
  layer.parameters()[0]->value.fill(0);
  Tensor src({batch, 4}, DType::float64), dst({batch, 1}, DType::float64);
  src.fill(1);
  double covariance = 0;
  for (std::uint64_t step = 0; step < draws; ++step) {
    layer.forward(std::span(&src, 1), dst, {.seed = 8, .step = step});
    covariance += dst.span<double>()[0] * dst.span<double>()[1];
  }
  const double variance = 4 * 0.3 * 0.3;
  EXPECT_LT(std::abs(covariance / draws / (variance / std::sqrt(draws))), 4) << "n = " << draws;
}

TEST(VariationalLinear, APredictiveDrawIsTheSameForEveryExampleAndDiffersBySample) {
  VariationalLinear layer(dense({.units = 3}), variational<Flipout>());
  const Shape src_shape{2};
  layer.setup({"dense", DType::float64, 2}, std::span(&src_shape, 1));
  layer.initialize(1);
  Tensor src({2, 2}, DType::float64), first({2, 3}, DType::float64), second({2, 3}, DType::float64);
  src.fill(1);
  StepContext context{.seed = 1, .training = false, .weights = WeightSampling::predictive};
  layer.forward(std::span(&src, 1), first, context);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(first.span<double>()[i], first.span<double>()[3 + i]);
  context.sample = 1;
  layer.forward(std::span(&src, 1), second, context);
  EXPECT_NE(first.span<double>()[0], second.span<double>()[0]);
}

double kl_of(VariationalLinear& layer) {
  double sum = 0;
  for (const Belief& belief : layer.beliefs()) sum += belief.prior->kl(*belief.posterior, {});
  return sum;
}

TEST(VariationalLinear, KlIsASumOverWeightsAndItsGradientIsAdded) {
  VariationalLinear layer(dense({.units = 3}), variational<Reparameterization>());
  const Shape src_shape{4};
  layer.setup({"dense", DType::float64, 1}, std::span(&src_shape, 1));
  layer.initialize(1);
  Parameter &mu = *layer.parameters()[0], &rho = *layer.parameters()[1];
  double expected = 0;
  for (const double m : mu.value.span<double>())
    expected += -std::log(0.3) + (0.3 * 0.3 + m * m) / 2 - 0.5;
  EXPECT_NEAR(kl_of(layer), expected, 1e-10);

  mu.gradient.fill(1);
  rho.gradient.fill(1);
  for (const Belief& belief : layer.beliefs())
    belief.prior->add_kl_gradient(*belief.posterior, {0.5}, {}, {});
  for (Parameter* parameter : {&mu, &rho})
    for (std::int64_t i = 0; i < parameter->value.size(); ++i) {
      double& x = parameter->value.span<double>()[i];
      const double kept = x, h = 1e-6;
      x = kept + h;
      const double up = kl_of(layer);
      x = kept - h;
      const double down = kl_of(layer);
      x = kept;
      EXPECT_NEAR(parameter->gradient.span<double>()[i], 1 + 0.5 * (up - down) / (2 * h), 1e-6);
    }
}

/// With a src of zeros a dense layer gives its bias.
TEST(VariationalLinear, DrawsBiasesOfAPosterior) {
  constexpr std::int64_t batch = 3, units = 2;
  VariationalSpec spec = variational<Flipout>();
  spec.biases = true;
  VariationalLinear layer(dense({.units = units}), spec);
  const Shape src_shape{4};
  layer.setup({"dense", DType::float64, batch}, std::span(&src_shape, 1));
  layer.initialize(1);
  std::vector<std::string> names;
  for (const Parameter* parameter : layer.parameters()) names.push_back(parameter->name);
  EXPECT_THAT(names, ::testing::ElementsAre("dense.weight_mu", "dense.weight_rho", "dense.bias_mu",
                                            "dense.bias_rho"));
  ASSERT_EQ(layer.beliefs().size(), 2);
  EXPECT_EQ(&layer.beliefs()[1].posterior->mu, layer.parameters()[2]);
  layer.parameters()[2]->value.fill(7);

  const Tensor src({batch, 4}, DType::float64);
  Tensor dst({batch, units}, DType::float64);
  const auto bias = [&](const StepContext& context) {
    layer.forward(std::span(&src, 1), dst, context);
    const auto values = dst.span<double>();
    for (std::int64_t i = units; i < dst.size(); ++i) EXPECT_EQ(values[i], values[i - units]);
    return std::vector<double>(values.begin(), values.begin() + units);
  };
  EXPECT_THAT(bias({.training = false, .weights = WeightSampling::mean}), ::testing::Each(7));
  const auto draw = [](std::uint32_t sample) {
    return StepContext{.training = false, .weights = WeightSampling::predictive, .sample = sample};
  };
  EXPECT_NE(bias(draw(0)), bias(draw(1)));
  EXPECT_EQ(bias(draw(1)), bias(draw(1)));

  constexpr std::int64_t steps = 5000;
  double mean = 0, square = 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    const double departure = bias({.seed = 3, .step = step})[0] - 7;
    mean += departure / steps;
    square += departure * departure / steps;
  }
  EXPECT_LT(std::abs(mean) / (0.3 / std::sqrt(steps)), 4) << "n = " << steps;
  EXPECT_LT(std::abs(square / 0.09 - 1) / std::sqrt(2.0 / steps), 4) << "n = " << steps;
}

TEST(VariationalLinear, RefusesASigmaThatIsNotPositive) {
  EXPECT_THROW(VariationalLinear(dense({.units = 1}), variational<Flipout>(0)), ConfigError);
  EXPECT_THROW(GaussianPrior({.sigma = -1}), ConfigError);
}

}  // namespace
}  // namespace credence
