#include "credence/layers/dropout.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

Tensor masks(std::uint32_t first_example, std::int64_t batch, std::uint64_t step,
             std::int64_t width = 1000, double rate = 0.25) {
  Dropout layer({.rate = rate});
  const Shape shape{width};
  layer.setup({"drop", DType::float32, batch}, std::span(&shape, 1));
  Tensor src(shape.prepend(batch)), dst(shape.prepend(batch));
  src.fill(1);
  layer.forward(std::span(&src, 1), dst,
                {.seed = 11, .step = step, .first_example = first_example});
  return dst;
}

TEST(Dropout, KeepsTheGivenShareAndTheMean) {
  constexpr double rate = 0.25, n = 100 * 1000;
  const Tensor dst = masks(0, 100, 0);
  const auto values = dst.span<float>();
  const double zeros = static_cast<double>(std::ranges::count(values, 0.0F));
  const double z = (zeros - n * rate) / std::sqrt(n * rate * (1 - rate));
  EXPECT_LT(std::abs(z), 4) << "n = " << n;
  EXPECT_TRUE(std::ranges::all_of(
      values, [](float v) { return v == 0 || std::abs(v - 1 / 0.75F) < 1e-6F; }));
}

TEST(Dropout, MasksDifferByExampleAndStep) {
  const Tensor dst = masks(0, 2, 0), later = masks(0, 2, 1);
  const auto first = dst.rows(0, 1), second = dst.rows(1, 1), next = later.rows(0, 1);
  EXPECT_FALSE(std::ranges::equal(first.span<float>(), second.span<float>()));
  EXPECT_FALSE(std::ranges::equal(first.span<float>(), next.span<float>()));
}

TEST(Dropout, AnExamplesMaskDependsOnItsPlaceInTheGlobalBatchAlone) {
  const Tensor whole = masks(0, 6, 3), part = masks(4, 2, 3);
  const Tensor last = whole.rows(4, 2);
  EXPECT_TRUE(std::ranges::equal(last.span<float>(), part.span<float>()));
}

/// What predictive draw number `sample` gives for ones.
Tensor predicted(bool monte_carlo, std::uint32_t sample, std::uint32_t first_example = 0,
                 std::int64_t batch = 6) {
  Dropout layer({.rate = 0.25, .monte_carlo = monte_carlo});
  const Shape shape{1000};
  layer.setup({"drop", DType::float32, batch}, std::span(&shape, 1));
  Tensor src(shape.prepend(batch)), dst(shape.prepend(batch));
  src.fill(1);
  layer.forward(std::span(&src, 1), dst,
                {.seed = 11,
                 .step = 7 * sample,  // of no account
                 .first_example = first_example,
                 .training = false,
                 .weights = WeightSampling::predictive,
                 .sample = sample});
  return dst;
}

bool are_equal(const Tensor& a, const Tensor& b) {
  return std::ranges::equal(a.span<float>(), b.span<float>());
}

TEST(Dropout, DropsInPredictionsIfAsked) {
  const Tensor nothing = predicted(false, 0);
  EXPECT_TRUE(std::ranges::all_of(nothing.span<float>(), [](float v) { return v == 1; }));
  const Tensor first = predicted(true, 0), second = predicted(true, 1);
  constexpr double n = 6000;
  const auto zeros = static_cast<double>(std::ranges::count(first.span<float>(), 0.0F));
  EXPECT_LT(std::abs(zeros - n * 0.25) / std::sqrt(n * 0.25 * 0.75), 4) << "n = " << n;
  EXPECT_FALSE(are_equal(first, second));
  EXPECT_FALSE(are_equal(first.rows(0, 1), first.rows(1, 1)));
  EXPECT_TRUE(are_equal(first.rows(4, 2), predicted(true, 0, 4, 2)));
}

TEST(Dropout, RefusesARateOutsideItsRange) {
  EXPECT_THROW(Dropout({.rate = 1.0}), ConfigError);
  EXPECT_THROW(Dropout({.rate = -0.1}), ConfigError);
}

}  // namespace
}  // namespace credence
