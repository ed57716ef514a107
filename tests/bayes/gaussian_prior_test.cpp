#include "credence/bayes/gaussian_prior.h"

#include <cmath>

#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/bayes/cross_entropy_prior.h"

namespace credence {
namespace {

MeanFieldGaussian posterior_of(const Shape& shape, double sigma = 0.3) {
  MeanFieldGaussian posterior("weight", shape, DType::float64);
  posterior.initialize(Initializer::glorot_uniform, sigma, 3);
  return posterior;
}

TEST(ScaledGaussianPrior, HasTheVarianceOfAnInputsShare) {
  const MeanFieldGaussian posterior = posterior_of({5, 4, 3, 3});
  EXPECT_EQ(ScaledGaussianPrior({.scale = 2}).kl(posterior, {}),
            GaussianPrior({.sigma = 2.0 / 6}).kl(posterior, {}));
}

TEST(EmpiricalGaussianPrior, IsTheGaussianNearestToThePosterior) {
  const MeanFieldGaussian posterior = posterior_of({50, 20});
  double best = INFINITY;
  for (double sigma = 0.1; sigma < 1; sigma *= 1.001)
    best = std::min(best, GaussianPrior({.sigma = sigma}).kl(posterior, {}));
  const double kl = EmpiricalGaussianPrior().kl(posterior, {});
  EXPECT_LE(kl, best);
  EXPECT_NEAR(kl, best, 1e-3);
}

/// The prior moves with the posterior, and the gradient is right all the same.
TEST(EmpiricalGaussianPrior, GradientIsThatOfCentralDifferences) {
  MeanFieldGaussian posterior = posterior_of({4, 3});
  for (Parameter* parameter : {&posterior.mu, &posterior.rho})
    parameter->gradient = Tensor(parameter->value.shape(), DType::float64);
  const EmpiricalGaussianPrior prior;
  EXPECT_EQ(prior.add_kl_gradient(posterior, {0.5}, {}, {}), prior.kl(posterior, {}));
  for (Parameter* parameter : {&posterior.mu, &posterior.rho})
    for (std::int64_t i = 0; i < parameter->value.size(); ++i) {
      double& x = parameter->value.span<double>()[i];
      const double kept = x, h = 1e-6;
      x = kept + h;
      const double up = prior.kl(posterior, {});
      x = kept - h;
      const double down = prior.kl(posterior, {});
      x = kept;
      EXPECT_NEAR(parameter->gradient.span<double>()[i], 0.5 * (up - down) / (2 * h), 1e-7);
    }
}

TEST(ScaleMixturePrior, DrawsOtherWeightsAtEachStepAndForEachLayer) {
  const MeanFieldGaussian posterior = posterior_of({50, 20});
  MeanFieldGaussian renamed = posterior;
  renamed.name = "other";
  const ScaleMixturePrior prior({});
  const StepContext first{.seed = 1, .step = 0}, second{.seed = 1, .step = 1};
  EXPECT_EQ(prior.kl(posterior, first), prior.kl(posterior, first));
  EXPECT_NE(prior.kl(posterior, first), prior.kl(posterior, second));
  EXPECT_NE(prior.kl(posterior, first), prior.kl(renamed, first));
}

TEST(ScaledGaussianPrior, RefusesAScaleThatIsNotPositive) {
  EXPECT_THROW(ScaledGaussianPrior({.scale = 0}), ConfigError);
}

}  // namespace
}  // namespace credence
