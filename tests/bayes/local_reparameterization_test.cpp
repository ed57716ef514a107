#include "credence/bayes/local_reparameterization.h"

#include <cmath>

#include "support/gradient_check.h"
#include "support/variational.h"
#include <gtest/gtest.h>

#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"

namespace credence {
namespace {

constexpr double sigma = 0.3;

VariationalSpec spec() {
  return variational<LocalReparameterization>(sigma);
}

const LinearSpec small_convolution =
    conv2d({.filters = 3, .kernel = {3, 3}, .padding = PaddingMode::same});

TEST(LocalReparameterization, IsOneMapOfTheMeansAndOneOfTheVariances) {
  constexpr std::int64_t batch = 3;
  VariationalLinear layer(small_convolution, spec());
  const Shape src_shape{5, 4, 2};
  const Shape dst_shape = layer.setup({"conv", DType::float64, batch}, std::span(&src_shape, 1));
  layer.initialize(1);
  layer.parameters()[2]->value.fill(0.25);
  const Tensor src = random_tensor(src_shape.prepend(batch), DType::float64, "src");
  Tensor dst(dst_shape.prepend(batch), DType::float64);
  layer.forward(std::span(&src, 1), dst, {.seed = 4, .step = 6, .first_example = 10});

  const auto map = small_convolution.make_map({"plain", DType::float64, batch}, src_shape);
  Tensor variances(map->weights_shape(), DType::float64), squares = src.clone();
  variances.fill(sigma * sigma);
  for (double& x : squares.span<double>()) x *= x;
  Tensor mean(dst.shape(), DType::float64), variance(dst.shape(), DType::float64);
  map->forward(src, layer.parameters()[0]->value, nullptr, mean);
  map->forward(squares, variances, nullptr, variance);
  const auto row = static_cast<std::size_t>(dst_shape.size());
  std::vector<double> eps(row);
  for (std::size_t n = 0; n < batch; ++n) {
    fill_normal(std::span(eps), noise_key(4, Stream::posterior, "conv.weight"),
                {.step = 6, .example = static_cast<std::uint32_t>(10 + n)});
    for (std::size_t i = 0; i < row; ++i)
      ASSERT_NEAR(dst.span<double>()[n * row + i],
                  mean.span<double>()[n * row + i] + 0.25 +
                      std::sqrt(variance.span<double>()[n * row + i]) * eps[i],
                  1e-12);
  }
}

/// Outputs of one example share no weight, and examples share none either.
TEST(LocalReparameterization, DeparturesOfExamplesAreIndependent) {
  constexpr std::int64_t batch = 2, draws = 4000;
  VariationalLinear layer(dense({.units = 1, .bias = false}), spec());
  const Shape src_shape{4};
  layer.setup({"dense", DType::float64, batch}, std::span(&src_shape, 1));
  layer.initialize(1);
  layer.parameters()[0]->value.fill(0);
  Tensor src({batch, 4}, DType::float64), dst({batch, 1}, DType::float64);
  src.fill(1);
  double covariance = 0;
  for (std::uint64_t step = 0; step < draws; ++step) {
    layer.forward(std::span(&src, 1), dst, {.seed = 8, .step = step});
    covariance += dst.span<double>()[0] * dst.span<double>()[1];
  }
  const double variance = 4 * sigma * sigma;
  EXPECT_LT(std::abs(covariance / draws / (variance / std::sqrt(draws))), 4) << "n = " << draws;
}

/// Rows of zeros, and of numbers whose squares underflow in float, as after a ReLU.
TEST(LocalReparameterization, HasFiniteGradientsWhereTheVarianceVanishes) {
  for (const DType dtype : {DType::float32, DType::float64})
    for (const double x : {0.0, 1e-30, 1e-19, 1e-10}) {
      VariationalLinear layer(dense({.units = 3}), spec());
      const Shape src_shape{4};
      layer.setup({"dense", dtype, 1}, std::span(&src_shape, 1));
      layer.initialize(1);
      Tensor src({1, 4}, dtype), dst({1, 3}, dtype), diff({1, 3}, dtype), diff_src({1, 4}, dtype);
      src.fill(x);
      diff.fill(1);
      layer.forward(std::span(&src, 1), dst, {.seed = 8});
      DiffSrc sink{&diff_src, Write::overwrite};
      layer.backward(std::span(&src, 1), dst, diff, std::span(&sink, 1), {.seed = 8});
      with_real_type(dtype, [&](auto zero) {
        using T = decltype(zero);
        for (const T y : dst.span<T>()) EXPECT_LE(std::abs(y), 10 * x) << x;
        for (const T d : layer.parameters()[1]->gradient.span<T>())
          EXPECT_LE(std::abs(d), 10 * x) << x;
        for (const T d : diff_src.span<T>()) EXPECT_LT(std::abs(d), 10) << x;
      });
    }
}

}  // namespace
}  // namespace credence
