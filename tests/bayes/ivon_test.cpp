#include "credence/bayes/ivon.h"

#include <cmath>

#include "support/errors.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::HasSubstr;

/// A loss (w - center)^2 * curvature / 2 for each weight, of `examples`, whose posterior under the
/// prior N(0, prior_sigma^2) is a normal.
TEST(Ivon, FindsThePosteriorOfAQuadraticLoss) {
  constexpr std::int64_t weights = 2000, examples = 40;
  constexpr double center = 0.8, prior_sigma = 0.5;
  const auto curvature_of = [](std::int64_t i) { return i % 2 == 0 ? 0.5 : 3.0; };
  Parameter w("w", {weights}, DType::float32);
  Parameter* const parameters[] = {&w};
  Ivon ivon({.beta2 = 0.995, .initial_hessian = 1, .prior = {.sigma = prior_sigma}}, examples);
  ivon.setup(parameters);
  constexpr std::uint64_t steps = 6000;
  for (std::uint64_t step = 0; step < steps; ++step) {
    const StepContext context{.seed = 7, .step = step};
    ivon.begin_pass(parameters, context);
    for (std::int64_t i = 0; i < weights; ++i)
      w.gradient.data<float>()[i] =
          static_cast<float>(curvature_of(i) * (w.value.data<float>()[i] - center));
    ivon.step(parameters, 0.05 * (1 - static_cast<double>(step) / steps), context);
  }
  const GaussianSamples::Marginal posterior = ivon.posterior(parameters)[0];
  double mean[2] = {}, precision[2] = {};
  for (std::int64_t i = 0; i < weights; ++i) {
    const double sigma = posterior.sigma.data<float>()[i];
    mean[i % 2] += posterior.mean.data<float>()[i] / (weights / 2.0);
    precision[i % 2] += 1 / (sigma * sigma) / (weights / 2.0);
  }
  for (const int kind : {0, 1}) {
    const double c = curvature_of(kind), d = 1 / (prior_sigma * prior_sigma);
    EXPECT_NEAR(mean[kind], examples * c * center / (examples * c + d), 0.01);
    EXPECT_NEAR(precision[kind] / (examples * c + d), 1, 0.02);
  }
}

TEST(Ivon, MeetsTheGradientAtADrawAndStepsFromTheMean) {
  Parameter w("w", {3}, DType::float32);
  Parameter* const parameters[] = {&w};
  Ivon ivon({.beta1 = 0.5, .initial_hessian = 2, .prior = {.sigma = 1}}, 4);
  ivon.setup(parameters);
  w.value.fill(1);
  ivon.begin_pass(parameters, {.seed = 1});
  const float departure = w.value.span<float>()[0] - 1;
  EXPECT_NE(departure, 0);
  w.gradient.fill(0);
  ivon.step(parameters, 0.1, {.seed = 1});
  // d = 1 / 4; nothing but the prior pulls: h hardly moves.
  EXPECT_NEAR(w.value.span<float>()[0], 1 - 0.1 * 2.25 * 0.25 / 2.25, 1e-5);
  ASSERT_EQ(ivon.state().size(), 2u);
  EXPECT_EQ(ivon.state()[1].name, "w.hessian");
  EXPECT_THAT(testing::message_of<ConfigError>([] { Ivon({.beta2 = 1}, 1); }), HasSubstr("beta2"));
}

}  // namespace
}  // namespace credence
