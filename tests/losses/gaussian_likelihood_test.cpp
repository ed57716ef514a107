#include "credence/losses/gaussian_likelihood.h"

#include <cmath>

#include "support/errors.h"
#include "support/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"

namespace credence {
namespace {

using ::testing::HasSubstr;

TEST(GaussianLikelihood, HoldsSigmaInWarmUpAndDrawsRhoToIt) {
  GaussianLikelihood loss({.warmup_epochs = 2, .warmup_sigma = 0.2});
  loss.setup({2}, {1}, 0);
  const Tensor output = random_tensor({5, 2}, DType::float64, "output");
  const Tensor target = random_tensor({5, 1}, DType::float32, "target");
  Tensor diff({5, 2}, DType::float64);
  const double free = loss.forward(output, target, 5, &diff);
  loss.begin_epoch(2);
  double expected = 0;
  for (std::size_t n = 0; n < 5; ++n)
    expected -=
        gaussian_log_density(double{target.span<float>()[n]}, output.span<double>()[2 * n], 0.2) /
        5;
  EXPECT_NEAR(loss.forward(output, target, 5, &diff), expected, 1e-9);
  for (std::size_t n = 0; n < 5; ++n) {
    const double mean = output.span<double>()[2 * n], rho = output.span<double>()[2 * n + 1];
    EXPECT_NEAR(diff.span<double>()[2 * n], (mean - double{target.span<float>()[n]}) / 0.04 / 5,
                1e-9);
    // 0.2 = 0.001 + log(1 + exp(rho))
    EXPECT_NEAR(diff.span<double>()[2 * n + 1], (rho - std::log(std::expm1(0.199))) / 5, 1e-9);
  }
  for (const std::int64_t epoch : {3, 0}) {
    loss.begin_epoch(epoch);
    EXPECT_EQ(loss.forward(output, target, 5, &diff), free);
  }
  EXPECT_THAT(testing::message_of<ConfigError>(
                  [] { GaussianLikelihood({.sigma = 1, .warmup_epochs = 3}); }),
              HasSubstr("warmup_epochs are of sigmas that are predicted or learned"));
  EXPECT_THAT(testing::message_of<ConfigError>(
                  [] { GaussianLikelihood({.warmup_epochs = 3, .warmup_sigma = 1e-3}); }),
              HasSubstr("warmup_sigma must be above min_sigma, 0.001"));
}

}  // namespace
}  // namespace credence
