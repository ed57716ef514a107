#include "credence/kernels/linear_map.h"

#include <cmath>

#include "support/compare.h"
#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// Runs one map forward and backward on the CPU's kernels and on the reference in double. Outputs
/// are poisoned first, so that one that is not written shows.
template <class Geometry>
void expect_matches_reference(const Geometry& geometry, std::int64_t batch) {
  const auto cpu = make_linear_map(geometry, DType::float32);
  const auto reference = make_linear_map(geometry, DType::float64);
  const Shape src_shape = cpu->src_shape().prepend(batch),
              dst_shape = cpu->dst_shape().prepend(batch);
  const Shape weights_shape = cpu->weights_shape(), bias_shape{weights_shape[0]};
  ASSERT_EQ(cpu->dst_shape(), reference->dst_shape());

  const Tensor src = random_tensor(src_shape, DType::float32, "src");
  const Tensor weights = random_tensor(weights_shape, DType::float32, "weights");
  const Tensor bias = random_tensor(bias_shape, DType::float32, "bias");
  const Tensor diff = random_tensor(dst_shape, DType::float32, "diff");
  const Tensor src64 = to_double(src), weights64 = to_double(weights), bias64 = to_double(bias),
               diff64 = to_double(diff);

  const auto poisoned = [](const Shape& shape, DType dtype) {
    Tensor tensor(shape, dtype);
    tensor.fill(std::nan(""));
    return tensor;
  };
  Tensor dst = poisoned(dst_shape, DType::float32), dst64 = poisoned(dst_shape, DType::float64);
  cpu->forward(src, weights, &bias, dst);
  reference->forward(src64, weights64, &bias64, dst64);
  expect_close(dst, dst64, 1e-5);
  cpu->forward(src, weights, nullptr, dst);
  reference->forward(src64, weights64, nullptr, dst64);
  expect_close(dst, dst64, 1e-5);

  Tensor dx = poisoned(src_shape, DType::float32), dx64 = poisoned(src_shape, DType::float64);
  Tensor dw = poisoned(weights_shape, DType::float32),
         dw64 = poisoned(weights_shape, DType::float64);
  Tensor db = poisoned(bias_shape, DType::float32), db64 = poisoned(bias_shape, DType::float64);
  for (const Write write : {Write::overwrite, Write::add}) {
    dw.fill(std::nan(""));
    db.fill(std::nan(""));
    cpu->backward({.src = src,
                   .dst = dst,
                   .diff_dst = diff,
                   .diff_bias = &db,
                   .diff_src = &dx,
                   .write = write},
                  weights, dw);
    reference->backward({.src = src64,
                         .dst = dst64,
                         .diff_dst = diff64,
                         .diff_bias = &db64,
                         .diff_src = &dx64,
                         .write = write},
                        weights64, dw64);
    expect_close(dx, dx64, 1e-5);
    expect_close(dw, dw64, 1e-5);
    expect_close(db, db64, 1e-5);
  }
  // Nobody asks for the gradient of the source; then for the source's memory to take it.
  Tensor again = poisoned(weights_shape, DType::float32);
  cpu->backward({.src = src, .dst = dst, .diff_dst = diff}, weights, again);
  expect_close(again, dw64, 1e-5);
  Tensor memory = src.clone();
  cpu->backward({.src = memory, .dst = dst, .diff_dst = diff, .diff_src = &memory}, weights, again);
  expect_close(again, dw64, 1e-5);
  reference->backward({.src = src64, .dst = dst64, .diff_dst = diff64, .diff_src = &dx64}, weights64,
                      dw64);
  expect_close(memory, dx64, 1e-5);
}

TEST(LinearMap, DenseMatchesReference) {
  for (const std::int64_t batch : {1, 7, 64})
    expect_matches_reference(DenseGeometry{.inputs = 37, .outputs = 10}, batch);
  expect_matches_reference(DenseGeometry{.inputs = 1, .outputs = 1}, 3);
}

TEST(LinearMap, ConvolutionMatchesReference) {
  const Conv2dGeometry same5{.height = 9,
                             .width = 8,
                             .channels = 1,
                             .filters = 20,
                             .kernel = {5, 5},
                             .pad_begin = {2, 2},
                             .pad_end = {2, 2}};
  for (const std::int64_t batch : {1, 3, 8}) expect_matches_reference(same5, batch);
  expect_matches_reference(Conv2dGeometry{.height = 11,
                                          .width = 13,
                                          .channels = 5,
                                          .filters = 7,
                                          .kernel = {3, 2},
                                          .stride = {2, 3},
                                          .dilation = {2, 1},
                                          .pad_begin = {1, 0},
                                          .pad_end = {2, 1}},
                           4);
  expect_matches_reference(Conv2dGeometry{.height = 6,
                                          .width = 6,
                                          .channels = 32,
                                          .filters = 48,
                                          .kernel = {3, 3},
                                          .pad_begin = {1, 1},
                                          .pad_end = {1, 1}},
                           5);
  expect_matches_reference(
      Conv2dGeometry{.height = 4, .width = 4, .channels = 4, .filters = 8, .kernel = {1, 1}}, 2);
}

TEST(LinearMap, ReferenceConvolutionAgreesWithAHandComputedCase) {
  // 3x3 source 1..9, kernel [[1, 0], [0, -1]]: every window gives x(y, x) - x(y + 1, x + 1) = -4.
  const auto map = make_linear_map(
      Conv2dGeometry{.height = 3, .width = 3, .channels = 1, .filters = 1, .kernel = {2, 2}},
      DType::float64);
  Tensor src({1, 3, 3, 1}, DType::float64), weights({1, 1, 2, 2}, DType::float64),
      dst({1, 2, 2, 1}, DType::float64);
  for (int i = 0; i < 9; ++i) src.span<double>()[i] = i + 1;
  weights.span<double>()[0] = 1;
  weights.span<double>()[3] = -1;
  map->forward(src, weights, nullptr, dst);
  for (const double value : dst.span<double>()) EXPECT_EQ(value, -4);
}

TEST(LinearMap, AnEmptyBatchGivesZeroGradients) {
  for (const auto& map :
       {make_linear_map(DenseGeometry{.inputs = 3, .outputs = 2}, DType::float32),
        make_linear_map(
            Conv2dGeometry{.height = 4, .width = 4, .channels = 1, .filters = 2, .kernel = {3, 3}},
            DType::float32)}) {
    Tensor src(map->src_shape().prepend(0)), dst(map->dst_shape().prepend(0));
    Tensor weights(map->weights_shape()), bias({2});
    weights.fill(5);
    bias.fill(5);
    map->forward(src, weights, &bias, dst);
    Tensor diff_weights(map->weights_shape());
    diff_weights.fill(5);
    map->backward({.src = src, .dst = dst, .diff_dst = dst, .diff_bias = &bias}, weights,
                  diff_weights);
    for (const float value : diff_weights.span<float>()) EXPECT_EQ(value, 0);
    for (const float value : bias.span<float>()) EXPECT_EQ(value, 0);
  }
}

TEST(LinearMap, RefusesShapesThatDoNotFit) {
  const auto map = make_linear_map(DenseGeometry{.inputs = 3, .outputs = 2}, DType::float32);
  Tensor src({4, 5}), weights({2, 3}), dst({4, 2});
  EXPECT_THROW(map->forward(src, weights, nullptr, dst), ShapeError);
}

}  // namespace
}  // namespace credence
