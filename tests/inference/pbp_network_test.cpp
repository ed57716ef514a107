// The formulas of probabilistic backpropagation, against sampling, differences, and models whose
// posterior is known.

#include "credence/inference/pbp_network.h"

#include <cmath>
#include <numbers>

#include "support/statistics.h"
#include <gtest/gtest.h>

#include "credence/inference/pbp_prior.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

std::vector<double> normals(std::size_t count, const char* name) {
  std::vector<double> draws(count);
  fill_normal(std::span(draws), noise_key(1, Stream::noise, name), {});
  return draws;
}

std::vector<float> to_float(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

/// (f(x + h) - f(x - h)) / 2h.
template <class F>
double difference(F f, double x, double h) {
  return (f(x + h) - f(x - h)) / (2 * h);
}

TEST(ReluMoments, AreThoseOfSamples) {
  constexpr std::size_t n = 1'000'000;
  const std::vector<double> z = normals(n, "relu");
  for (const NormalMoments x : {NormalMoments{0, 1}, {1.3, 0.5}, {-0.7, 2}, {-2, 1}, {4, 9}}) {
    const NormalMoments y = relu_moments(x).moments;
    std::vector<double> samples(n), squares(n);
    double fourth = 0;
    for (std::size_t i = 0; i < n; ++i) {
      samples[i] = std::max(0.0, x.mean + std::sqrt(x.variance) * z[i]);
      squares[i] = (samples[i] - y.mean) * (samples[i] - y.mean);
      fourth += squares[i] * squares[i] / n;
    }
    const auto z_of = [](const std::vector<double>& of, double mean, double variance) {
      return std::abs(test::mean_z(std::span(of), mean, variance));
    };
    EXPECT_LT(z_of(samples, y.mean, y.variance), 4) << x.mean << ", n = " << n;
    EXPECT_LT(z_of(squares, y.variance, fourth - y.variance * y.variance), 4) << x.mean;
  }
}

TEST(ReluMoments, AreThoseOfAHalfNormalAroundZero) {
  const NormalMoments y = relu_moments({0, 2.5}).moments;
  EXPECT_NEAR(y.mean, std::sqrt(2.5 / (2 * std::numbers::pi)), 1e-15);
  EXPECT_NEAR(y.variance, 2.5 * (0.5 - 0.5 / std::numbers::pi), 1e-15);
}

TEST(ReluMoments, HaveTheDerivativesOfTheirDifferences) {
  for (const NormalMoments x : {NormalMoments{0, 1}, {1.3, 0.5}, {-0.7, 2}, {-3, 0.7}, {2, 0.01}}) {
    const ReluMoments y = relu_moments(x);
    const auto by_mean = [&](double mean) { return relu_moments({mean, x.variance}).moments; };
    const auto by_variance = [&](double v) { return relu_moments({x.mean, v}).moments; };
    const double h = 1e-5 * std::sqrt(x.variance), hv = 1e-5 * x.variance;
    EXPECT_NEAR(y.mean_by_mean, difference([&](double m) { return by_mean(m).mean; }, x.mean, h),
                1e-8);
    EXPECT_NEAR(y.variance_by_mean,
                difference([&](double m) { return by_mean(m).variance; }, x.mean, h), 1e-8);
    EXPECT_NEAR(y.mean_by_variance,
                difference([&](double v) { return by_variance(v).mean; }, x.variance, hv), 1e-8);
    EXPECT_NEAR(y.variance_by_variance,
                difference([&](double v) { return by_variance(v).variance; }, x.variance, hv),
                1e-8);
  }
}

TEST(ReluMoments, HaveTheirLimits) {
  const ReluMoments on = relu_moments({1e4, 1e-3});
  EXPECT_EQ(on.moments.mean, 1e4);
  EXPECT_EQ(on.moments.variance, 1e-3);
  EXPECT_EQ(on.mean_by_mean, 1);
  EXPECT_EQ(on.variance_by_variance, 1);
  EXPECT_EQ(on.mean_by_variance, 0);
  EXPECT_EQ(on.variance_by_mean, 0);
  const ReluMoments off = relu_moments({-1e4, 1e-3});
  EXPECT_EQ(off.moments.mean, 0);
  EXPECT_EQ(off.moments.variance, 0);
  EXPECT_EQ(off.mean_by_mean, 0);
  EXPECT_EQ(off.variance_by_variance, 0);
  for (const double x : {-2.0, 0.0, 3.0}) {
    const ReluMoments number = relu_moments({x, 0});
    EXPECT_EQ(number.moments.mean, std::max(0.0, x));
    EXPECT_EQ(number.moments.variance, 0);
    EXPECT_EQ(number.mean_by_mean, x > 0 ? 1 : x < 0 ? 0 : 0.5);
  }
  for (double a = -45; a < 45; a += 0.01) {
    const NormalMoments y = relu_moments({a, 1}).moments;
    ASSERT_GE(y.mean, 0) << a;
    ASSERT_GE(y.variance, 0) << a;
    ASSERT_LE(y.variance, 1 + 1e-12) << a;
  }
}

TEST(TargetEvidence, IsANormalDensityWithItsDerivatives) {
  const GammaBelief precision{.shape = 4, .rate = 1.5};  // a variance of 0.5
  const NormalMoments prediction{.mean = 0.3, .variance = 0.7};
  const TargetEvidence seen = evidence(1.1, prediction, precision);
  EXPECT_NEAR(std::exp(seen.log), std::exp(-0.5 * 0.64 / 1.2) / std::sqrt(2.4 * std::numbers::pi),
              1e-15);
  EXPECT_NEAR(seen.by_mean,
              difference(
                  [&](double m) {
                    return evidence(1.1, {m, 0.7}, precision).log;
                  },
                  0.3, 1e-5),
              1e-9);
  EXPECT_NEAR(seen.by_variance,
              difference(
                  [&](double v) {
                    return evidence(1.1, {0.3, v}, precision).log;
                  },
                  0.7, 1e-5),
              1e-9);
}

TEST(GammaBelief, TakesTheMomentsOfTheTiltedDistribution) {
  const NormalMoments prediction{.mean = 0.3, .variance = 0.2};
  for (const double x : {0.3, 1.0, 4.0}) {
    const GammaBelief before{.shape = 6, .rate = 5};
    const GammaBelief after = updated(before, x, prediction).value();
    const auto z = [&](double more) {
      return std::exp(evidence(x, prediction, {before.shape + more, before.rate}).log);
    };
    // E[precision] and E[precision^2] under Gamma(precision) N(x; precision) / Z.
    const double mean = z(1) / z(0) * 6 / 5;
    const double square = z(2) / z(0) * 6 * 7 / 25;
    EXPECT_NEAR(after.shape / after.rate, mean, 1e-12 * mean);
    EXPECT_NEAR(after.shape * (after.shape + 1) / (after.rate * after.rate), square,
                1e-12 * square);
  }
}

TEST(GammaBelief, FindsTheVarianceOfWhatItSees) {
  constexpr std::size_t n = 4000;
  constexpr double sigma = 0.4;
  GammaBelief belief;
  for (const double z : normals(n, "gamma"))
    belief = updated(belief, 2 + sigma * z, {2, 0}).value();
  const double error = belief.expected_variance() / (sigma * sigma) - 1;
  EXPECT_LT(std::abs(error) / std::sqrt(2.0 / n), 4) << "n = " << n;
}

TEST(NormalUpdate, IsUndoneWhereThereIsNone) {
  EXPECT_FALSE(updated(NormalMoments{0, 1}, 10, 0).has_value());
  EXPECT_FALSE(updated(NormalMoments{0, 1}, std::nan(""), 0).has_value());
  EXPECT_FALSE(
      updated(NormalMoments{0, 1}, 0, std::numeric_limits<double>::infinity()).has_value());
  const NormalMoments w = updated(NormalMoments{2, 0.5}, 0.4, -0.1).value();
  EXPECT_NEAR(w.mean, 2.2, 1e-15);
  EXPECT_NEAR(w.variance, 0.5 - 0.25 * (0.16 + 0.2), 1e-15);
}

PbpNetwork random_network(std::vector<PbpLayer> layers) {
  PbpNetwork network(std::move(layers), {.shape = 5, .rate = 2});
  NormalWeights& weights = network.weights();
  weights.mean = normals(weights.mean.size(), "means");
  weights.variance = normals(weights.mean.size(), "variances");
  for (double& v : weights.variance) v = 0.1 + v * v;
  return network;
}

TEST(PbpNetwork, HasTheGradientOfTheEvidence) {
  const std::vector<float> x{0.7F, -1.2F, 0.4F};
  constexpr double y = 1.7;
  for (const bool bias : {true, false}) {
    PbpNetwork network = random_network({{3, 5, bias}, {5, 4, true}, {4, 1, bias}});
    const NormalWeights gradient = network.gradient(x, y);
    NormalWeights& weights = network.weights();
    const auto log_z = [&](double& weight, double value) {
      const double before = std::exchange(weight, value);
      const double log = evidence(y, network.predict(x), network.noise()).log;
      weight = before;
      return log;
    };
    ASSERT_EQ(weights.mean.size(), bias ? 20 + 24 + 5 : 15 + 24 + 4);
    for (std::size_t i = 0; i < weights.mean.size(); ++i) {
      double &m = weights.mean[i], &v = weights.variance[i];
      EXPECT_NEAR(gradient.mean[i],
                  difference([&](double value) { return log_z(m, value); }, m, 1e-5), 1e-8)
          << i;
      EXPECT_NEAR(gradient.variance[i],
                  difference([&](double value) { return log_z(v, value); }, v, 1e-5), 1e-8)
          << i;
    }
  }
}

TEST(PbpNetwork, PredictsTheMomentsOfSampledNetworks) {
  // With one hidden layer its units are independent given x, so only what is normal is assumed of
  // them, and the output's first two moments are exact.
  constexpr std::size_t n = 40'000;
  const std::vector<float> x{0.7F, -1.2F};
  PbpNetwork network = random_network({{2, 3, true}, {3, 1, true}});
  const NormalMoments expected = network.predict(x);
  const NormalWeights weights = network.weights();
  const std::size_t count = weights.mean.size();
  const std::vector<double> z = normals(n * count, "samples");
  std::vector<double> outputs(n), squares(n);
  double fourth = 0;
  for (std::size_t s = 0; s < n; ++s) {
    const auto w = [&](std::size_t i) {
      return weights.mean[i] + std::sqrt(weights.variance[i]) * z[s * count + i];
    };
    double output = w(12);
    for (std::size_t o = 0; o < 3; ++o)
      output += w(9 + o) * std::max(0.0, (w(3 * o) * x[0] + w(3 * o + 1) * x[1] + w(3 * o + 2)) /
                                             std::sqrt(3.0));
    outputs[s] = output / 2;
    squares[s] = (outputs[s] - expected.mean) * (outputs[s] - expected.mean);
    fourth += squares[s] * squares[s] / n;
  }
  EXPECT_LT(
      std::abs(test::mean_z(std::span<const double>(outputs), expected.mean, expected.variance)), 4)
      << "n = " << n;
  EXPECT_LT(std::abs(test::mean_z(std::span<const double>(squares), expected.variance,
                                  fourth - expected.variance * expected.variance)),
            4)
      << "n = " << n;
}

TEST(PbpNetwork, LearnsTheConjugatePosteriorOfALinearModelWithADiagonalDesign) {
  // Each example meets one weight, so that the posterior is a product of normals. The variance of
  // the noise is the one expected when the example comes.
  constexpr std::size_t inputs = 3, n = 60;
  PbpNetwork network({{inputs, 1, false}}, {});
  network.weights() = {.mean = {0.1, -0.2, 0.3}, .variance = {1.2, 0.7, 2}};
  std::vector<double> precision(inputs), shift(inputs);
  for (std::size_t i = 0; i < inputs; ++i) {
    precision[i] = 1 / network.weights().variance[i];
    shift[i] = network.weights().mean[i] * precision[i];
  }
  const std::vector<double> draws = normals(2 * n, "design");
  for (std::size_t k = 0; k < n; ++k) {
    std::vector<float> x(inputs);
    x[k % inputs] = static_cast<float>(draws[2 * k]);
    const double y = 2 * x[k % inputs] + 0.5 * draws[2 * k + 1];
    const double noise = network.noise().expected_variance();
    const double slope = x[k % inputs] / std::sqrt(3.0);  // the layer's scale
    precision[k % inputs] += slope * slope / noise;
    shift[k % inputs] += slope * y / noise;
    EXPECT_EQ(network.learn(x, y).rejected, 0);
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    EXPECT_NEAR(network.weights().variance[i] * precision[i], 1, 1e-12);
    EXPECT_NEAR(network.weights().mean[i], shift[i] / precision[i], 1e-12);
  }
}

TEST(PbpNetwork, ComesNearTheLeastSquaresOfALinearModel) {
  constexpr std::size_t n = 3000;
  constexpr double sigma = 0.3, slopes[] = {1.5, -0.5};
  PbpNetwork network({{2, 1, true}}, {});
  std::ranges::fill(network.weights().variance, 1.2);
  const std::vector<double> draws = normals(3 * n, "line");
  for (std::size_t k = 0; k < n; ++k) {
    const std::vector<float> x = to_float({draws[3 * k], draws[3 * k + 1]});
    network.learn(x, slopes[0] * x[0] + slopes[1] * x[1] + 0.7 + sigma * draws[3 * k + 2]);
  }
  const double scale = network.layers()[0].scale();
  const std::vector<double> expected{slopes[0], slopes[1], 0.7};
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_LT(std::abs(scale * network.weights().mean[i] - expected[i]) / sigma * std::sqrt(n), 4)
        << "weight " << i << ", n = " << n;
  EXPECT_LT(std::abs(network.noise().expected_variance() / (sigma * sigma) - 1), 0.15);
}

TEST(PbpNetwork, KeepsWeightsThatNoNormalFits) {
  // A target that is far off what a certain weight and an uncertain one make of it.
  PbpNetwork network({{1, 1, false}, {1, 1, false}}, {.shape = 1e6, .rate = 1e-6});
  network.weights() = {.mean = {1, 1}, .variance = {1e-9, 1}};
  const NormalWeights before = network.weights();
  const auto learnt = network.learn(std::vector<float>{0.001F}, 1000);
  EXPECT_GT(learnt.rejected, 0);
  std::int64_t kept = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    kept += network.weights().variance[i] == before.variance[i] &&
            network.weights().mean[i] == before.mean[i];
    EXPECT_GT(network.weights().variance[i], 0);
  }
  EXPECT_EQ(kept, learnt.rejected);
}

TEST(PbpPrior, StaysWhereThereAreNoData) {
  PbpPrior prior(3, {});
  NormalWeights posterior{.mean = {0.1, -0.2, 0.3}, .variance = {1.2, 1.2, 1.2}};
  prior.refine(posterior);
  EXPECT_EQ(posterior.mean[1], -0.2);
  EXPECT_EQ(posterior.variance[2], 1.2);
  EXPECT_EQ(prior.precision().shape, 6);
}

TEST(PbpPrior, MultipliesWhatDataSayByANormal) {
  constexpr double data_mean = 0.8, data_variance = 0.5;
  const double before = GammaBelief{}.expected_variance();
  PbpPrior prior(1, {});
  const double precision = 1 / before + 1 / data_variance;
  NormalWeights posterior{.mean = {data_mean / data_variance / precision},
                          .variance = {1 / precision}};
  for (int i = 0; i < 20; ++i) {
    prior.refine(posterior);
    // The Gamma is that of all other factors: the first one.
    EXPECT_NEAR(1 / posterior.variance[0], precision, 1e-12);
    EXPECT_NEAR(posterior.mean[0], data_mean / data_variance / precision, 1e-12);
  }
  const GammaBelief once = updated(GammaBelief{}, 0, {data_mean, data_variance}).value();
  EXPECT_NEAR(prior.precision().shape, once.shape, 1e-9);
  EXPECT_NEAR(prior.precision().rate, once.rate, 1e-9);
}

TEST(PbpPrior, FindsTheVarianceOfTheWeights) {
  constexpr std::size_t n = 2000;
  constexpr double sigma = 0.3, data_variance = 1e-3;
  PbpPrior prior(n, {});
  NormalWeights posterior;
  const double precision = 1 / GammaBelief{}.expected_variance() + 1 / data_variance;
  for (const double z : normals(n, "weights")) {
    posterior.mean.push_back(sigma * z / data_variance / precision);
    posterior.variance.push_back(1 / precision);
  }
  for (int i = 0; i < 5; ++i) prior.refine(posterior);
  // Known weights would give Gamma(6 + n / 2, 6 + sum of w^2 / 2).
  double squares = 0;
  for (const double z : normals(n, "weights")) squares += sigma * sigma * z * z;
  const double known = (6 + squares / 2) / (5 + n / 2.0);
  EXPECT_NEAR(prior.precision().expected_variance() / known, 1, 0.03);
}

}  // namespace
}  // namespace credence
