#include "credence/distributions/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"
#include "credence/distributions/laplace.h"
#include "credence/distributions/scale_mixture.h"

namespace credence {
namespace {

KlNoise noise_of_step(std::uint64_t step) {
  return {noise_key(1, Stream::noise, "weight"), step};
}

struct Result {
  double kl;
  std::vector<double> diff_mu, diff_rho;
};

/// The KL of `count` equal weights, and scale times its gradient.
template <class T = double, class Density>
Result kl_of_equal(const Density& density, double mu, double sigma, std::size_t count,
                   double scale = 1, std::uint64_t step = 0) {
  const std::vector<T> means(count, static_cast<T>(mu)),
      rhos(count, static_cast<T>(softplus_inverse(sigma)));
  std::vector<T> diff_mu(count), diff_rho(count);
  const double kl = add_cross_entropy_kl<T>(density, noise_of_step(step), means, rhos, scale,
                                            std::span(diff_mu), std::span(diff_rho), {});
  return {kl, {diff_mu.begin(), diff_mu.end()}, {diff_rho.begin(), diff_rho.end()}};
}

/// The integral of q log(q / p) by the trapezium rule, in pieces between the kinks of p.
double integrated_kl(double mu, double sigma, const std::function<double(double)>& log_density,
                     double kink) {
  const auto integrate = [&](double from, double to) {
    constexpr int steps = 200'000;
    const double width = (to - from) / steps;
    double sum = 0;
    for (int i = 0; i <= steps; ++i) {
      const double w = from + i * width, log_q = gaussian_log_density(w, mu, sigma);
      sum += (i == 0 || i == steps ? 0.5 : 1.0) * std::exp(log_q) * (log_q - log_density(w));
    }
    return sum * width;
  };
  const double from = mu - 14 * sigma, to = mu + 14 * sigma;
  const double middle = std::clamp(kink, from, to);
  return integrate(from, middle) + integrate(middle, to);
}

TEST(Laplace, KlIsTheIntegralOfQLogQOverP) {
  const LaplaceOptions options{.mean = 0.2, .scale = 0.4};
  const auto log_density = [&](double w) {
    return -std::abs(w - options.mean) / options.scale - std::log(2 * options.scale);
  };
  for (const double mu : {-1.0, 0.2, 0.25, 2.0})
    for (const double sigma : {0.01, 0.3, 2.0})
      EXPECT_NEAR(kl_of_equal(Laplace(options), mu, sigma, 1).kl,
                  integrated_kl(mu, sigma, log_density, options.mean), 1e-6)
          << mu << ' ' << sigma;
}

TEST(ScaleMixture, KlIsTheIntegralOfQLogQOverP) {
  const ScaleMixture mixture({.weight = 0.25, .sigma1 = 1.0, .sigma2 = 0.05, .samples = 4});
  const auto log_density = [&](double w) { return mixture.log_density(w); };
  constexpr std::size_t count = 100'000;
  for (const double mu : {0.0, 0.1, 1.0})
    for (const double sigma : {0.01, 0.1, 0.5}) {
      std::vector<double> kls;
      for (std::uint64_t step = 0; step < 16; ++step)
        kls.push_back(kl_of_equal(mixture, mu, sigma, count, 1, step).kl / count);
      double mean = 0, squares = 0;
      for (const double kl : kls) mean += kl / 16;
      for (const double kl : kls) squares += (kl - mean) * (kl - mean);
      const double error = std::sqrt(squares / 15 / 16) + 1e-12;
      const double z = (mean - integrated_kl(mu, sigma, log_density, 0)) / error;
      EXPECT_LT(std::abs(z), 4.5) << mu << ' ' << sigma << ", n = 16";
    }
}

TEST(ScaleMixture, OfOneComponentIsAGaussian) {
  const ScaleMixture mixture({.weight = 0.5, .sigma1 = 0.3, .sigma2 = 0.3});
  for (const double w : {-2.0, 0.0, 0.1, 5.0})
    EXPECT_NEAR(mixture.log_density(w), gaussian_log_density(w, 0, 0.3), 1e-12);
}

/// Given the draws, the estimate is a smooth function of mu and rho.
template <class Density>
void expect_gradient_of_differences(const Density& density, double mu, double sigma) {
  constexpr double scale = 0.5, h = 1e-6;
  const double rho = softplus_inverse(sigma);
  const Result result = kl_of_equal(density, mu, sigma, 3, scale);
  const auto kl = [&](double m, double r) { return kl_of_equal(density, m, softplus(r), 3).kl; };
  double sum_mu = 0, sum_rho = 0;
  for (const double d : result.diff_mu) sum_mu += d;
  for (const double d : result.diff_rho) sum_rho += d;
  const double by_mu = scale * (kl(mu + h, rho) - kl(mu - h, rho)) / (2 * h);
  const double by_rho = scale * (kl(mu, rho + h) - kl(mu, rho - h)) / (2 * h);
  EXPECT_NEAR(sum_mu, by_mu, 1e-6 * (1 + std::abs(by_mu))) << mu << ' ' << sigma;
  EXPECT_NEAR(sum_rho, by_rho, 1e-6 * (1 + std::abs(by_rho))) << mu << ' ' << sigma;
}

TEST(CrossEntropyKl, GradientIsThatOfCentralDifferences) {
  for (const double mu : {-0.7, 0.1, 1.5})
    for (const double sigma : {0.02, 0.3, 1.5}) {
      expect_gradient_of_differences(Laplace({.mean = 0.2, .scale = 0.4}), mu, sigma);
      expect_gradient_of_differences(ScaleMixture({.sigma2 = 0.1, .samples = 3}), mu, sigma);
    }
}

TEST(CrossEntropyKl, InFloatIsThatInDouble) {
  const auto expect_same = [](const auto& density, double mu, double sigma) {
    const Result narrow = kl_of_equal<float>(density, mu, sigma, 2000);
    const Result wide = kl_of_equal<double>(density, mu, sigma, 2000);
    EXPECT_NEAR(narrow.kl, wide.kl, 2e-5 * (2000 + std::abs(wide.kl)));
    for (std::size_t i = 0; i < 2000; ++i)
      ASSERT_NEAR(narrow.diff_rho[i], wide.diff_rho[i], 1e-4 * (1 + std::abs(wide.diff_rho[i])));
  };
  for (const double mu : {0.0, 0.3, 2.0})
    for (const double sigma : {1e-3, 0.05, 1.0}) {
      expect_same(Laplace({}), mu, sigma);
      expect_same(ScaleMixture({}), mu, sigma);
    }
}

TEST(CrossEntropyKl, DoesNotDependOnTheThreads) {
  const int threads = thread_count();
  set_thread_count(1);
  const Result alone = kl_of_equal<float>(ScaleMixture({}), 0.1, 0.2, 100'003);
  for (const int count : {2, 5}) {
    set_thread_count(count);
    const Result result = kl_of_equal<float>(ScaleMixture({}), 0.1, 0.2, 100'003);
    EXPECT_EQ(result.kl, alone.kl) << count;
    EXPECT_EQ(result.diff_mu, alone.diff_mu) << count;
  }
  set_thread_count(threads);
}

TEST(CrossEntropyKl, IsFiniteForAPosteriorThatHasCollapsed) {
  for (const double mu : {0.0, -1.0}) {
    const std::vector<float> means(1, static_cast<float>(mu)), rhos(1, -500.0F);
    std::vector<float> diff_mu(1), diff_rho(1);
    EXPECT_TRUE(
        std::isfinite(add_cross_entropy_kl<float>(Laplace({}), noise_of_step(0), means, rhos, 1,
                                                  std::span(diff_mu), std::span(diff_rho), {})));
    EXPECT_EQ(diff_rho[0], -1.0F);
  }
}

TEST(CrossEntropyKl, RefusesWhatDoesNotFit) {
  const std::vector<double> two(2), three(3);
  std::vector<double> diff_two(2), diff_three(3);
  const auto kl = [&](std::span<const double> rho, std::span<double> diff_rho) {
    return add_cross_entropy_kl<double>(Laplace({}), noise_of_step(0), two, rho, 1, diff_two,
                                        diff_rho, {});
  };
  EXPECT_NO_THROW(kl(two, diff_two));
  EXPECT_THROW(kl(three, diff_two), ShapeError);
  EXPECT_THROW(kl(two, diff_three), ShapeError);
  EXPECT_THROW(kl(two, {}), ShapeError);
}

TEST(CrossEntropyKl, RefusesWhatIsNoDistribution) {
  EXPECT_THROW(Laplace({.scale = 0}), ConfigError);
  EXPECT_THROW(Laplace({.mean = NAN}), ConfigError);
  EXPECT_THROW(ScaleMixture({.weight = 1}), ConfigError);
  EXPECT_THROW(ScaleMixture({.sigma1 = 0.1, .sigma2 = 0.2}), ConfigError);
  EXPECT_THROW(ScaleMixture({.sigma2 = 0}), ConfigError);
  EXPECT_THROW(ScaleMixture({.samples = 0}), ConfigError);
}

}  // namespace
}  // namespace credence
