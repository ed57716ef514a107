#include "credence/predict/mixture.h"

#include <cmath>

#include <gtest/gtest.h>

#include "credence/distributions/gaussian.h"

namespace credence {
namespace {

Predictions room_for(std::int64_t examples, std::int64_t targets) {
  return {.nll = Tensor({examples}),
          .sigma = Tensor({examples, targets}),
          .epistemic_sigma = Tensor({examples, targets})};
}

Tensor row_of(float value) {
  Tensor row({1, 1});
  row.fill(value);
  return row;
}

TEST(Mixture, OfDrawsHasTheirMomentsAndTheirMeanDensity) {
  Predictions predictions = room_for(2, 1);
  Mixture mixture(2, 1);
  // The second example: N(1, 1), N(4, 3) and N(4, 5), at 2. The first, at first's end, is alone.
  const double means[] = {1, 4, 4}, variances[] = {1, 3, 5};
  double density = 0;
  for (std::int64_t draw = 0; draw < 3; ++draw) {
    const double at = gaussian_log_density(2, means[draw], std::sqrt(variances[draw]));
    density += std::exp(at) / 3;
    mixture.add(draw, 1, row_of(static_cast<float>(means[draw])),
                row_of(static_cast<float>(variances[draw])), std::span(&at, 1));
    const double alone = -1.5;
    mixture.add(draw, 0, row_of(7), row_of(4), std::span(&alone, 1));
  }
  mixture.finish(predictions);
  EXPECT_NEAR(predictions.nll.span<float>()[1], -std::log(density), 1e-6);
  EXPECT_NEAR(predictions.epistemic_sigma.span<float>()[1], std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(predictions.sigma.span<float>()[1], std::sqrt(2.0 + 3.0), 1e-6);
  EXPECT_NEAR(predictions.nll.span<float>()[0], 1.5, 1e-6);
  EXPECT_EQ(predictions.epistemic_sigma.span<float>()[0], 0);
  EXPECT_EQ(predictions.sigma.span<float>()[0], 2);
}

TEST(Mixture, KeepsTheSpreadOfLargeMeans) {
  Predictions predictions = room_for(1, 1);
  Mixture mixture(1, 1);
  for (std::int64_t draw = 0; draw < 1000; ++draw) {
    const double density = -1e4;  // exp of which is 0
    mixture.add(draw, 0, row_of(draw % 2 ? 1e6F : 1e6F + 1), row_of(0), std::span(&density, 1));
  }
  mixture.finish(predictions);
  EXPECT_NEAR(predictions.epistemic_sigma.span<float>()[0], 0.5, 1e-6);
  EXPECT_NEAR(predictions.nll.span<float>()[0], 1e4, 1e-2);
}

}  // namespace
}  // namespace credence
