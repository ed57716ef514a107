#include "credence/bayes/moped_prior.h"

#include <cmath>

#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/bayes/gaussian_prior.h"

namespace credence {
namespace {

/// A posterior some way from its centre.
MeanFieldGaussian posterior_of(const Shape& shape, double sigma = 0.3) {
  MeanFieldGaussian posterior("weight", shape, DType::float64);
  posterior.initialize(Initializer::glorot_uniform, sigma, 3);
  posterior.centre = random_tensor(shape, DType::float64, "centre");
  for (Parameter* parameter : {&posterior.mu, &posterior.rho})
    parameter->gradient = Tensor(shape, DType::float64);
  return posterior;
}

TEST(MopedPrior, KlIsThatOfAGaussianFromTheDepartureFromTheCentre) {
  const MeanFieldGaussian posterior = posterior_of({50, 20});
  MeanFieldGaussian departure = posterior_of({50, 20});
  double by_hand = 0;
  for (std::int64_t i = 0; i < 1000; ++i) {
    double& mu = departure.mu.value.span<double>()[i];
    mu -= posterior.centre.span<double>()[i];
    by_hand += std::log(0.5 / 0.3) + (0.3 * 0.3 + mu * mu) / (2 * 0.5 * 0.5) - 0.5;
  }
  const double kl = MopedPrior({.sigma = 0.5}).kl(posterior, {});
  EXPECT_NEAR(kl, by_hand, 1e-9 * by_hand);
  EXPECT_NEAR(kl, GaussianPrior({.sigma = 0.5}).kl(departure, {}), 1e-9 * kl);
}

TEST(MopedPrior, KlIsZeroAtTheCentreWithTheSameSigma) {
  MeanFieldGaussian posterior = posterior_of({30, 10}, 0.2);
  EXPECT_GT(MopedPrior({.sigma = 0.2}).kl(posterior, {}), 1);
  posterior.centre = posterior.mu.value.clone();
  EXPECT_NEAR(MopedPrior({.sigma = 0.2}).kl(posterior, {}), 0, 1e-12);
}

TEST(MopedPrior, GradientIsThatOfCentralDifferences) {
  MeanFieldGaussian posterior = posterior_of({4, 3});
  const MopedPrior prior({.sigma = 0.7});
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

TEST(MopedPrior, RefusesWhatItCannotUse) {
  EXPECT_THROW(MopedPrior({.sigma = 0}), ConfigError);
  MeanFieldGaussian posterior = posterior_of({4, 3});
  posterior.centre = {};
  EXPECT_THROW(MopedPrior().kl(posterior, {}), ConfigError);
}

}  // namespace
}  // namespace credence
