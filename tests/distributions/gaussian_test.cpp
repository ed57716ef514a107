#include "credence/distributions/gaussian.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

/// mu ~ N(0, 1) and rho ~ N(-3, 2^2), the same numbers in float and double.
template <class T>
struct Weights {
  explicit Weights(std::size_t count) : mu(count), rho(count) {
    fill_normal(std::span<T>(mu), noise_key(1, Stream::init, "mu"), {});
    fill_normal(std::span<T>(rho), noise_key(1, Stream::init, "rho"), {});
    for (T& r : rho) r = T(2) * r - T(3);
  }

  double kl(const GaussianOptions& prior) const {
    return kl_gaussian(std::span<const T>(mu), std::span<const T>(rho), prior);
  }

  std::vector<T> mu, rho;
};

template <class T>
struct Gradient {
  Gradient(const Weights<T>& w, const GaussianOptions& prior, double scale, T before)
      : mu(w.mu.size(), before), rho(w.mu.size(), before) {
    add_kl_gaussian_gradient(std::span<const T>(w.mu), std::span<const T>(w.rho), prior, scale,
                             std::span<T>(mu), std::span<T>(rho));
  }

  std::vector<T> mu, rho;
};

const GaussianOptions narrow{.mean = 0.25, .sigma = 0.3};

TEST(Softplus, IsStableFarOut) {
  EXPECT_EQ(softplus(1000.0), 1000.0);
  EXPECT_EQ(softplus(1000.0f), 1000.0f);
  EXPECT_EQ(softplus(-1000.0), 0.0);
  EXPECT_DOUBLE_EQ(softplus(-40.0), std::exp(-40.0));
  EXPECT_FLOAT_EQ(softplus(-40.0f), std::exp(-40.0f));
  EXPECT_DOUBLE_EQ(softplus(0.0), std::log(2.0));
  EXPECT_EQ(softplus_derivative(-1000.0f), 0.0f);
  EXPECT_EQ(softplus_derivative(1000.0f), 1.0f);
  EXPECT_EQ(log_softplus(-1000.0f), -1000.0f);
  EXPECT_EQ(log_softplus_derivative(-1000.0f), 1.0f);
  EXPECT_TRUE(std::isnan(softplus(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Softplus, InFloatIsThatInDouble) {
  for (double rho = -60; rho < 60; rho += 0.0137) {
    const auto narrowed = static_cast<float>(rho);
    const auto exact = static_cast<double>(narrowed);
    const double sigma = std::log1p(std::exp(exact));
    EXPECT_NEAR(softplus(narrowed), sigma, 4e-7 * sigma) << rho;
    EXPECT_NEAR(softplus_derivative(narrowed), 1 / (1 + std::exp(-exact)), 3e-7 * sigma) << rho;
    EXPECT_NEAR(log_softplus(narrowed), std::log(sigma), 4e-7 * (1 + std::fabs(std::log(sigma))));
    EXPECT_NEAR(log_softplus_derivative(narrowed), 1 / (1 + std::exp(-exact)) / sigma, 8e-7) << rho;
  }
}

TEST(Softplus, DerivativesAreCentralDifferences) {
  const double h = 1e-5;
  for (const double rho : {-30.0, -20.001, -19.999, -5.0, -0.3, 0.0, 0.4, 6.0}) {
    const double slope = (softplus(rho + h) - softplus(rho - h)) / (2 * h);
    EXPECT_NEAR(softplus_derivative(rho), slope, 1e-9) << rho;
    const double log_slope = (log_softplus(rho + h) - log_softplus(rho - h)) / (2 * h);
    EXPECT_NEAR(log_softplus_derivative(rho), log_slope, 1e-8) << rho;
  }
}

TEST(Softplus, HasAnInverse) {
  for (const double sigma : {1e-8, 0.01, 1.0, 50.0})
    EXPECT_NEAR(softplus(softplus_inverse(sigma)), sigma, 1e-14 * sigma) << sigma;
}

TEST(KlGaussian, IsZeroForThePriorItself) {
  const std::vector<double> mu(1000, narrow.mean);
  const std::vector<double> rho(1000, softplus_inverse(narrow.sigma));
  EXPECT_NEAR(kl_gaussian(std::span(mu), std::span(rho), narrow), 0.0, 1e-12);
  const std::vector<float> mu32(mu.begin(), mu.end()), rho32(rho.begin(), rho.end());
  EXPECT_NEAR(kl_gaussian(std::span(mu32), std::span(rho32), narrow), 0.0, 1000 * 3e-7);
  EXPECT_EQ(kl_gaussian(std::span<const float>(), std::span<const float>(), narrow), 0.0);
}

TEST(KlGaussian, IsASumNotAMean) {
  const Weights<double> once(1500);
  Weights<double> twice = once;
  twice.mu.insert(twice.mu.end(), once.mu.begin(), once.mu.end());
  twice.rho.insert(twice.rho.end(), once.rho.begin(), once.rho.end());
  EXPECT_NEAR(twice.kl(narrow), 2 * once.kl(narrow), 1e-9 * once.kl(narrow));
  EXPECT_GT(once.kl(narrow), 1500.0);
}

TEST(KlGaussian, IsTheIntegralOfQLogQOverP) {
  for (const double mu : {-0.7, 0.25, 1.3})
    for (const double sigma : {0.05, 0.3, 2.0}) {
      // The trapezium rule over 12 sigma is exact to rounding for such integrands.
      const int steps = 4000;
      const double width = 24 * sigma / steps;
      double integral = 0;
      for (int i = 0; i <= steps; ++i) {
        const double x = mu - 12 * sigma + i * width;
        const double log_q = gaussian_log_density(x, mu, sigma);
        const double log_p = gaussian_log_density(x, narrow.mean, narrow.sigma);
        integral += width * std::exp(log_q) * (log_q - log_p);
      }
      const std::vector<double> means{mu}, rhos{softplus_inverse(sigma)};
      EXPECT_NEAR(kl_gaussian(std::span(means), std::span(rhos), narrow), integral,
                  1e-10 * (1 + integral));
    }
}

TEST(KlGaussian, GradientIsThatOfCentralDifferences) {
  Weights<double> w(40);
  w.rho[0] = -25;  // log softplus by its tail
  const double scale = 0.125, before = 3.0, h = 1e-5;
  const Gradient<double> gradient(w, narrow, scale, before);
  const auto difference = [&](double& parameter) {
    const double middle = parameter;
    parameter = middle + h;
    const double above = w.kl(narrow);
    parameter = middle - h;
    const double below = w.kl(narrow);
    parameter = middle;
    return before + scale * (above - below) / (2 * h);
  };
  for (std::size_t i = 0; i < w.mu.size(); ++i) {
    EXPECT_NEAR(gradient.mu[i], difference(w.mu[i]), 1e-6) << "mu " << i;
    EXPECT_NEAR(gradient.rho[i], difference(w.rho[i]), 1e-6) << "rho " << i;
  }
}

TEST(KlGaussian, InFloatIsThatInDouble) {
  const Weights<float> narrow_type(100'001);
  Weights<double> wide(1);
  wide.mu.assign(narrow_type.mu.begin(), narrow_type.mu.end());
  wide.rho.assign(narrow_type.rho.begin(), narrow_type.rho.end());
  EXPECT_NEAR(narrow_type.kl(narrow), wide.kl(narrow), 1e-6 * wide.kl(narrow));
  const Gradient<float> g32(narrow_type, narrow, 0.5, 0.0f);
  const Gradient<double> g64(wide, narrow, 0.5, 0.0);
  for (std::size_t i = 0; i < g32.mu.size(); ++i) {
    ASSERT_NEAR(g32.mu[i], g64.mu[i], 1e-6 * (1 + std::fabs(g64.mu[i]))) << i;
    ASSERT_NEAR(g32.rho[i], g64.rho[i], 2e-6 * (1 + std::fabs(g64.rho[i]))) << i;
  }
}

TEST(KlGaussian, IsFiniteForAPosteriorThatHasCollapsed) {
  const std::vector<float> mu{0.0f}, rho{-500.0f};
  // log(1 / sigma) = 500, -1/2 of the constant.
  EXPECT_NEAR(kl_gaussian(std::span(mu), std::span(rho), {}), 499.5, 1e-3);
  std::vector<float> diff_mu(1), diff_rho(1);
  add_kl_gaussian_gradient(std::span(mu), std::span(rho), {}, 1.0, std::span(diff_mu),
                           std::span(diff_rho));
  EXPECT_EQ(diff_rho[0], -1.0f);
}

TEST(KlGaussian, DoesNotDependOnTheThreads) {
  const Weights<float> w(300'007);
  const int threads = thread_count();
  set_thread_count(1);
  const double alone = w.kl(narrow);
  const Gradient<float> gradient_alone(w, narrow, 1.0, 0.0f);
  for (const int count : {2, 3, 7}) {
    set_thread_count(count);
    EXPECT_EQ(w.kl(narrow), alone) << count << " threads";
    EXPECT_EQ(Gradient<float>(w, narrow, 1.0, 0.0f).rho, gradient_alone.rho);
  }
  set_thread_count(threads);
}

TEST(KlGaussian, ShowsNanWhateverParameterIsNan) {
  Weights<float> w(100);
  w.rho[50] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(w.kl(narrow)));
}

/// Processor time of a gradient, the least of a few.
template <class T>
std::clock_t time_of_gradient() {
  const Weights<T> w(50'000);
  std::clock_t least = std::numeric_limits<std::clock_t>::max();
  for (int repeat = 0; repeat < 5; ++repeat) {
    const std::clock_t begin = std::clock();
    const Gradient<T> gradient(w, narrow, 1, 0);
    least = std::min(least, std::clock() - begin);
  }
  return least;
}

TEST(KlGaussianGradient, OfFloatsIsWorkedOnInVectors) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "sanitizers check each access";
#endif
  const int threads = thread_count();
  set_thread_count(1);
  // In doubles the loop calls libm, one weight after the other. Floats in vectors take a tenth of
  // that or less; they take more than that if the compiler gives up on the loop.
  EXPECT_LT(2 * time_of_gradient<float>(), time_of_gradient<double>());
  set_thread_count(threads);
}

TEST(GaussianLogDensity, IsTheSumOfTheElements) {
  const Weights<float> w(2000);
  double sum = 0;
  for (const float x : w.mu) sum += gaussian_log_density<double>(x, narrow.mean, narrow.sigma);
  EXPECT_NEAR(gaussian_log_density(std::span(w.mu), narrow), sum, 1e-11 * std::fabs(sum));
  EXPECT_NEAR(gaussian_log_density(0.0, 0.0, 1.0), -0.91893853320467274, 1e-15);
  // N(1 | 3, 2^2): -1/2 - log 2 - log(2 pi) / 2.
  EXPECT_NEAR(gaussian_log_density(1.0, 3.0, 2.0), -2.1120857137646181, 1e-14);
}

TEST(Gaussian, RefusesWhatDoesNotFit) {
  const std::vector<float> two(2), three(3);
  std::vector<float> diff_two(2), diff_three(3);
  EXPECT_THROW(kl_gaussian(std::span(two), std::span(three), {}), ShapeError);
  EXPECT_THROW(kl_gaussian(std::span(two), std::span(two), {.sigma = 0.0}), ConfigError);
  EXPECT_THROW(kl_gaussian(std::span(two), std::span(two), {.mean = NAN}), ConfigError);
  EXPECT_THROW(kl_centred_gaussian(std::span(two), std::span(two), {.means = three}), ShapeError);
  EXPECT_THROW(kl_centred_gaussian(std::span(two), std::span(two), {.means = two, .sigma = -1.0}),
               ConfigError);
  EXPECT_THROW(add_kl_gaussian_gradient(std::span(two), std::span(two), {}, 1.0,
                                        std::span(diff_two), std::span(diff_three)),
               ShapeError);
}

}  // namespace
}  // namespace credence
