#include "credence/bayes/posterior_average.h"

#include <cmath>

#include <gtest/gtest.h>

#include "credence/distributions/gaussian.h"

namespace credence {
namespace {

struct Normal {
  double mu, sigma;
};

MeanFieldGaussian one_weight(DType dtype) {
  MeanFieldGaussian posterior("w", {1}, dtype);
  for (Parameter* parameter : {&posterior.mu, &posterior.rho})
    parameter->gradient = Tensor({1}, dtype);
  return posterior;
}

/// The average of these, of which each is one weight's on one rank.
Normal average(const std::vector<Normal>& normals) {
  MeanFieldGaussian posterior = one_weight(DType::float64);
  double weighted_mean = 0, precision = 0;
  for (const Normal& normal : normals) {
    posterior.mu.value.fill(normal.mu);
    posterior.rho.value.fill(softplus_inverse(normal.sigma));
    to_natural_parameters(posterior);
    weighted_mean += posterior.mu.gradient.data<double>()[0];
    precision += posterior.rho.gradient.data<double>()[0];
  }
  posterior.mu.gradient.fill(weighted_mean);
  posterior.rho.gradient.fill(precision);
  from_sum_of_natural_parameters(posterior, static_cast<int>(normals.size()));
  return {posterior.mu.value.data<double>()[0], softplus(posterior.rho.value.data<double>()[0])};
}

TEST(PosteriorAverage, IsTheGeometricMeanOfTheDensities) {
  const std::vector<Normal> normals{{0.3, 0.1}, {-0.2, 0.5}, {1.1, 0.04}};
  const Normal q = average(normals);
  const auto difference = [&](double w) {
    double logs = 0;
    for (const auto& [mu, sigma] : normals) logs += gaussian_log_density(w, mu, sigma) / 3;
    return gaussian_log_density(w, q.mu, q.sigma) - logs;
  };
  for (const double w : {-1.0, 0.0, 0.7, 2.0}) EXPECT_NEAR(difference(w), difference(0.3), 1e-9);
}

TEST(PosteriorAverage, OfEqualOnesIsTheSame) {
  for (const Normal& normal : {Normal{0.3, 0.05}, Normal{-4, 1e-12}, Normal{1e3, 30}}) {
    const Normal q = average({normal, normal, normal, normal});
    EXPECT_NEAR(q.mu / normal.mu, 1, 1e-12);
    EXPECT_NEAR(q.sigma / normal.sigma, 1, 1e-9);
  }
}

TEST(PosteriorAverage, OfEqualSigmasIsTheMeanOfTheMeans) {
  const Normal q = average({{1, 0.2}, {2, 0.2}});
  EXPECT_NEAR(q.mu, 1.5, 1e-12);
  EXPECT_NEAR(q.sigma, 0.2, 1e-12);
}

TEST(PosteriorAverage, IsFiniteWhereSigmaIsNot) {
  MeanFieldGaussian posterior = one_weight(DType::float32);
  posterior.mu.value.fill(0.25);
  posterior.rho.value.fill(-1000);  // softplus underflows
  to_natural_parameters(posterior);
  from_sum_of_natural_parameters(posterior, 1);
  EXPECT_NEAR(posterior.mu.value.data<float>()[0], 0.25, 1e-6);
  EXPECT_TRUE(std::isfinite(posterior.rho.value.data<float>()[0]));
}

}  // namespace
}  // namespace credence
