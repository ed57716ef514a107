#include "credence/kernels/unfold.h"

#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/kernels/linear_algebra.h"

namespace credence {
namespace {

TEST(Unfold, MakesAConvolutionAProductOfMatrices) {
  constexpr std::int64_t batch = 3;
  const Conv2dGeometry cases[] = {
      {.height = 6, .width = 5, .channels = 2, .filters = 4, .kernel = {3, 2}},
      {.height = 7,
       .width = 6,
       .channels = 3,
       .filters = 2,
       .kernel = {2, 3},
       .stride = {2, 1},
       .dilation = {1, 2},
       .pad_begin = {1, 2},
       .pad_end = {0, 1}},
      as_convolution({.inputs = 5, .outputs = 3})};
  for (const Conv2dGeometry& g : cases) {
    const auto map = make_linear_map(g, DType::float64);
    ASSERT_TRUE(map->geometry());
    const Tensor src = random_tensor(map->src_shape().prepend(batch), DType::float32, "src");
    const Tensor weights = random_tensor(map->weights_shape(), DType::float64, "weights");
    const Tensor bias = random_tensor({g.filters}, DType::float64, "bias");
    Tensor expected(map->dst_shape().prepend(batch), DType::float64);
    map->forward(to_double(src), weights, &bias, expected);

    const std::int64_t rows = batch * g.out_height() * g.out_width();
    const std::int64_t terms = map->weights_shape().row_size();
    Tensor unfolded({rows, terms + 1}, DType::float64), dst({rows, g.filters}, DType::float64);
    unfold(*map->geometry(), src, unfolded);
    Tensor with_bias({g.filters, terms + 1}, DType::float64);
    for (std::int64_t o = 0; o < g.filters; ++o) {
      std::copy_n(weights.data<double>() + o * terms, terms,
                  with_bias.data<double>() + o * (terms + 1));
      with_bias.data<double>()[o * (terms + 1) + terms] = bias.data<double>()[o];
    }
    multiply(unfolded, transposed(with_bias), dst);
    for (std::int64_t i = 0; i < dst.size(); ++i)
      ASSERT_NEAR(dst.data<double>()[i], expected.data<double>()[i], 1e-12) << i;

    Tensor narrow({rows, terms - 1}, DType::float64);
    EXPECT_THROW(unfold(g, src, narrow), ShapeError);
  }
}

}  // namespace
}  // namespace credence
