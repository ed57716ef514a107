#include "credence/bayes/langevin.h"

#include <cmath>

#include "support/errors.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::HasSubstr;

/// Second moments of one weight and its momentum in the stationary state of the discretised chain
/// on U / N = curvature w^2 / 2, by the recursion of its covariance.
double stationary_variance(double friction, double rate, double curvature, double examples) {
  const double b = 1 - friction, k = rate * curvature;
  const double noise = 2 * friction * rate / examples;
  double ww = 0, wv = 0, vv = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double next_vv = k * k * ww + b * b * vv - 2 * k * b * wv + noise;
    const double next_wv = -k * (1 - k) * ww + b * b * vv + b * (1 - 2 * k) * wv + noise;
    const double next_ww = (1 - k) * (1 - k) * ww + b * b * vv + 2 * b * (1 - k) * wv + noise;
    ww = next_ww, wv = next_wv, vv = next_vv;
  }
  return ww;
}

class Friction : public ::testing::TestWithParam<double> {};

TEST_P(Friction, HasTheStationaryVarianceOfItsDiscretisedChain) {
  constexpr std::int64_t weights = 20'000, steps = 400;
  constexpr double curvature = 2, examples = 50, prior_sigma = 0.2, rate = 0.05;
  Parameter w("w", {weights}, DType::float64);
  Parameter* const parameters[] = {&w};
  Langevin chain({.friction = GetParam(),
                  .prior = {.sigma = prior_sigma},
                  .examples = static_cast<std::int64_t>(examples)});
  chain.setup(parameters);
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (std::int64_t i = 0; i < weights; ++i)
      w.gradient.data<double>()[i] = curvature * w.value.data<double>()[i];
    chain.step(parameters, rate, {.seed = 3, .step = step});
  }
  double square = 0;
  for (const double value : w.value.span<double>()) square += value * value / weights;
  const double whole = curvature + 1 / (prior_sigma * prior_sigma * examples);
  const double expected = stationary_variance(GetParam(), rate, whole, examples);
  // In the limit of small rates it is that of the posterior; here it must not be just that.
  EXPECT_GT(std::abs(expected * examples * whole - 1), 0.02);
  const double z = (square / expected - 1) / std::sqrt(2.0 / weights);
  EXPECT_LT(std::abs(z), 4) << square << " " << expected;
}

INSTANTIATE_TEST_SUITE_P(Langevin, Friction, ::testing::Values(1.0, 0.3, 0.1));

TEST(Langevin, DescendsWithoutNoiseAndHasNoiseOfItsOwnByStep) {
  Parameter w("w", {4}, DType::float32);
  Parameter* const parameters[] = {&w};
  Langevin chain({.friction = 1, .prior = {.sigma = 1}, .examples = 10});
  chain.setup(parameters);
  chain.set_noisy(false);
  w.value.fill(1);
  w.gradient.fill(2);
  chain.step(parameters, 0.1, {});
  EXPECT_FLOAT_EQ(w.value.span<float>()[0], 1 - 0.1F * (2 + 1 / 10.0F));
  chain.set_noisy(true);
  chain.step(parameters, 0.1, {.step = 1});
  const float first = w.value.span<float>()[0];
  EXPECT_NE(first, w.value.span<float>()[1]);
  EXPECT_THAT(testing::message_of<ConfigError>([] { Langevin({.friction = 0}); }),
              HasSubstr("friction: expected more than 0 and at most 1, got 0"));
}

}  // namespace
}  // namespace credence
