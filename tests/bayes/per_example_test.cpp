#include "credence/bayes/per_example.h"

#include <cmath>

#include "support/compare.h"
#include "support/random_tensor.h"
#include "support/variational.h"
#include <gtest/gtest.h>

#include "credence/bayes/flipout.h"
#include "credence/bayes/variational_linear.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"

namespace credence {
namespace {

TEST(PerExample, DrawsOfDifferentExamplesAreIndependent) {
  constexpr std::int64_t draws = 4000;
  VariationalLinear layer(dense({.units = 1, .bias = false}), variational<PerExample>());
  const Shape src_shape{4};
  layer.setup({"dense", DType::float64, 2}, std::span(&src_shape, 1));
  layer.initialize(1);
  layer.parameters()[0]->value.fill(0);
  Tensor src({2, 4}, DType::float64), dst({2, 1}, DType::float64);
  src.fill(1);
  double covariance = 0, of_squares = 0;
  constexpr double variance = 4 * 0.3 * 0.3;
  for (std::uint64_t step = 0; step < draws; ++step) {
    layer.forward(std::span(&src, 1), dst, {.seed = 8, .step = step});
    const double first = dst.span<double>()[0], second = dst.span<double>()[1];
    covariance += first * second / variance;
    // Flipout's outputs are uncorrelated, but the squares of theirs are not.
    of_squares += (first * first / variance - 1) * (second * second / variance - 1) / 2;
  }
  EXPECT_LT(std::abs(covariance / std::sqrt(draws)), 4) << "n = " << draws;
  EXPECT_LT(std::abs(of_squares / std::sqrt(draws)), 4) << "n = " << draws;
}

/// The variance, over draws, of the gradient of rho of a layer whose loss is the sum of squares of
/// what it gives, averaged over its weights.
double rho_gradient_variance(const VariationalSpec& spec, std::int64_t draws) {
  constexpr std::int64_t batch = 32;
  VariationalLinear layer(conv2d({.filters = 4, .kernel = {3, 3}}), spec);
  const Shape src_shape{6, 6, 2};
  const Shape dst_shape = layer.setup({"conv", DType::float32, batch}, std::span(&src_shape, 1));
  layer.initialize(1);
  const Tensor src = random_tensor(src_shape.prepend(batch), DType::float32, "src");
  Tensor dst(dst_shape.prepend(batch));
  const Tensor& gradient = layer.parameters()[1]->gradient =
      Tensor(layer.parameters()[1]->value.shape());
  for (const std::size_t other : {0, 2})
    layer.parameters()[other]->gradient = Tensor(layer.parameters()[other]->value.shape());
  std::vector<double> sum(static_cast<std::size_t>(gradient.size())), squares(sum.size());
  for (std::uint64_t step = 0; step < static_cast<std::uint64_t>(draws); ++step) {
    const StepContext context{.seed = 5, .step = step};
    layer.forward(std::span(&src, 1), dst, context);
    DiffSrc nobody;
    layer.backward(std::span(&src, 1), dst, dst, std::span(&nobody, 1), context);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const double g = gradient.span<float>()[i];
      sum[i] += g;
      squares[i] += g * g;
    }
  }
  double variance = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const double mean = sum[i] / static_cast<double>(draws);
    variance +=
        (squares[i] / static_cast<double>(draws) - mean * mean) / static_cast<double>(sum.size());
  }
  return variance;
}

TEST(PerExample, GradientsOfRhoVaryLessThanFlipouts) {
  const double flipout = rho_gradient_variance(variational<Flipout>(), 400);
  const double per_example = rho_gradient_variance(variational<PerExample>(), 400);
  // Over 400 draws and 72 weights: measured 0.06.
  EXPECT_LT(per_example, 0.15 * flipout);
  RecordProperty("ratio", std::to_string(per_example / flipout));
}

/// Flipout in float32 runs once with weights by example, in float64 twice with signs.
TEST(Flipout, ByExampleGivesTheNumbersOfTwoMaps) {
  constexpr std::int64_t batch = 9;
  const auto spec = conv2d({.filters = 20, .kernel = {3, 3}, .padding = PaddingMode::same});
  VariationalLinear once(spec, variational<Flipout>()), twice(spec, variational<Flipout>());
  const Shape src_shape{6, 5, 3};
  const Shape dst_shape = once.setup({"conv", DType::float32, batch}, std::span(&src_shape, 1));
  twice.setup({"conv", DType::float64, batch}, std::span(&src_shape, 1));
  const Tensor src = random_tensor(src_shape.prepend(batch), DType::float32, "src");
  const Tensor diff = random_tensor(dst_shape.prepend(batch), DType::float32, "diff");
  const StepContext context{.seed = 3, .step = 8, .first_example = 5};
  const auto run = [&](VariationalLinear& layer, const Tensor& x, const Tensor& dy, DType dtype) {
    layer.initialize(2);
    for (Parameter* parameter : layer.parameters())
      parameter->gradient = Tensor(parameter->value.shape(), dtype);
    std::pair<Tensor, Tensor> results{Tensor(dy.shape(), dtype), Tensor(x.shape(), dtype)};
    layer.forward(std::span(&x, 1), results.first, context);
    DiffSrc diff_src{&results.second, Write::overwrite};
    layer.backward(std::span(&x, 1), results.first, dy, std::span(&diff_src, 1), context);
    return results;
  };
  const auto [dst, dx] = run(once, src, diff, DType::float32);
  const auto [dst64, dx64] = run(twice, to_double(src), to_double(diff), DType::float64);
  expect_close(dst, dst64, 1e-5);
  expect_close(dx, dx64, 1e-5);
  for (std::size_t i = 0; i < 3; ++i)
    expect_close(once.parameters()[i]->gradient, twice.parameters()[i]->gradient, 1e-5);
}

}  // namespace
}  // namespace credence
