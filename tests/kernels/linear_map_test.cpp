#include "credence/kernels/linear_map.h"

#include <bit>
#include <cmath>
#include <optional>

#include "support/compare.h"
#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/parallel.h"
#include "credence/kernels/vector.h"

namespace credence {
namespace {

/// Runs one map forward and backward on the CPU's kernels and on the reference in double. Outputs
/// are poisoned first, so that one that is not written shows.
template <class Geometry>
void expect_matches_reference(const Geometry& geometry, std::int64_t batch,
                              Precision precision = Precision::float32) {
  const auto cpu = make_linear_map(geometry, DType::float32, precision);
  const auto reference = make_linear_map(geometry, DType::float64);
  const Shape src_shape = cpu->src_shape().prepend(batch),
              dst_shape = cpu->dst_shape().prepend(batch);
  const Shape weights_shape = cpu->weights_shape(), bias_shape{weights_shape[0]};
  ASSERT_EQ(cpu->dst_shape(), reference->dst_shape());

  // Numbers that bf16 holds exactly leave nothing to round but the sums.
  const auto random = [precision](const Shape& shape, const std::string& name) {
    Tensor tensor = random_tensor(shape, DType::float32, name);
    if (precision == Precision::bf16)
      for (float& x : tensor.span<float>())
        x = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0xffff0000u);
    return tensor;
  };
  const Tensor src = random(src_shape, "src");
  const Tensor weights = random(weights_shape, "weights");
  const Tensor bias = random_tensor(bias_shape, DType::float32, "bias");
  const Tensor diff = random(dst_shape, "diff");
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
  reference->backward({.src = src64, .dst = dst64, .diff_dst = diff64, .diff_src = &dx64},
                      weights64, dw64);
  expect_close(memory, dx64, 1e-5);
}

TEST(LinearMap, DenseMatchesReference) {
  for (const std::int64_t batch : {1, 7, 64})
    for (const std::int64_t outputs : {10, 53})
      expect_matches_reference(DenseGeometry{.inputs = 37, .outputs = outputs}, batch);
  expect_matches_reference(DenseGeometry{.inputs = 2100, .outputs = 33}, 40);
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

/// Every way in which lines, pixels and channels fill the tiles of kernels of 3 and 5 lines.
TEST(LinearMap, ConvolutionsOfAllSizesOfTilesMatchReference) {
  for (const std::int64_t taps : {3, 5})
    for (const std::int64_t filters : {1, 4, 7, 16, 20})
      for (std::int64_t extent = 4; extent < 10; ++extent)
        expect_matches_reference(Conv2dGeometry{.height = extent,
                                                .width = 13 - extent,
                                                .channels = extent % 3 + 1,
                                                .filters = filters,
                                                .kernel = {taps, 4},
                                                .stride = {1, extent % 2 + 1},
                                                .pad_begin = {1, 2},
                                                .pad_end = {taps - 2, 0}},
                                 2);
}

TEST(LinearMap, ConvolutionsOfAnyNumberOfChannelsMatchReference) {
  for (const std::int64_t taps : {3, 5})
    for (const std::int64_t channels : {4, 5, 8, 9, 16, 20})
      expect_matches_reference(Conv2dGeometry{.height = 7,
                                              .width = 6,
                                              .channels = channels,
                                              .filters = channels + 1,
                                              .kernel = {taps, taps},
                                              .pad_begin = {1, taps - 1},
                                              .pad_end = {taps - 1, 0}},
                               2);
}

TEST(LinearMap, ConvolutionsOfFewLinesAndWidePaddingMatchReference) {
  for (const std::int64_t taps : {3, 5})
    for (const std::int64_t pad : {0, 2, 6})
      expect_matches_reference(Conv2dGeometry{.height = 5,
                                              .width = 6,
                                              .channels = 4,
                                              .filters = 8,
                                              .kernel = {taps, taps},
                                              .pad_begin = {pad, pad},
                                              .pad_end = {0, 1}},
                               2);
}

/// A fused convolution against the convolution, ReLU and pooling by themselves, forward and back.
void expect_fusion_changes_nothing(const Conv2dGeometry& geometry, bool relu,
                                   const std::optional<PoolGeometry>& max_pool) {
  constexpr std::int64_t batch = 5;
  const auto plain = make_linear_map(geometry, DType::float32);
  const auto fused = make_linear_map(geometry, DType::float32);
  ASSERT_TRUE(fused->fuse({.relu = relu, .max_pool = max_pool}));
  const Tensor src = random_tensor(plain->src_shape().prepend(batch), DType::float32, "src");
  const Tensor weights = random_tensor(plain->weights_shape(), DType::float32, "weights");
  const Tensor bias = random_tensor({geometry.filters}, DType::float32, "bias");
  const Shape conv_shape = plain->dst_shape().prepend(batch);
  const Shape dst_shape = fused->dst_shape().prepend(batch);

  Tensor conv(conv_shape), expected(dst_shape), argmax(dst_shape, DType::uint8), dst(dst_shape);
  plain->forward(src, weights, &bias, conv);
  if (relu) transform(conv, conv, [](auto x) { return x < 0 ? 0 : x; });
  if (max_pool)
    max_pool_forward(*max_pool, conv, expected, argmax);
  else
    expected.copy_from(conv);
  dst.fill(std::nan(""));
  fused->forward(src, weights, &bias, dst);
  for (std::int64_t i = 0; i < dst.size(); ++i)
    ASSERT_EQ(dst.span<float>()[i], expected.span<float>()[i]) << i;

  const Tensor diff = random_tensor(dst_shape, DType::float32, "diff");
  Tensor conv_diff(conv_shape);
  if (max_pool)
    max_pool_backward(*max_pool, diff, argmax, conv_diff, Write::overwrite);
  else
    conv_diff.copy_from(diff);
  if (relu)
    transform(conv_diff, conv, conv_diff, Write::overwrite,
              [](auto d, auto y) { return y > 0 ? d : 0; });
  struct Gradients {
    Tensor weights, bias, src;
  };
  const auto gradients = [&](LinearMap& map, const Tensor& result, const Tensor& diff_result) {
    Gradients g{Tensor(plain->weights_shape()), Tensor({geometry.filters}), Tensor(src.shape())};
    for (Tensor* tensor : {&g.weights, &g.bias, &g.src}) tensor->fill(std::nan(""));
    map.backward({.src = src,
                  .dst = result,
                  .diff_dst = diff_result,
                  .diff_bias = &g.bias,
                  .diff_src = &g.src},
                 weights, g.weights);
    return g;
  };
  const Gradients want = gradients(*plain, conv, conv_diff), got = gradients(*fused, dst, diff);
  expect_close(got.weights, to_double(want.weights), 1e-6);
  expect_close(got.bias, to_double(want.bias), 1e-6);
  expect_close(got.src, to_double(want.src), 1e-6);
  // Without the gradient of the source lines are made and used a few at a time.
  Tensor again(plain->weights_shape());
  fused->backward({.src = src, .dst = dst, .diff_dst = diff}, weights, again);
  expect_close(again, to_double(want.weights), 1e-6);
}

PoolGeometry pool_over(const Conv2dGeometry& conv) {
  return {.height = conv.out_height(), .width = conv.out_width(), .channels = conv.filters};
}

TEST(LinearMap, FusionChangesNothing) {
  for (const std::int64_t filters : {4, 10, 64}) {
    const Conv2dGeometry conv{.height = 12,
                              .width = 13,
                              .channels = 3,
                              .filters = filters,
                              .kernel = {3, 3},
                              .pad_begin = {1, 1},
                              .pad_end = {1, 1}};
    PoolGeometry overlapping = pool_over(conv), of_three = pool_over(conv);
    overlapping.window = {3, 3};
    overlapping.pad_begin = {1, 1};
    overlapping.stride = {2, 2};
    overlapping.pad_end = {1, 1};
    of_three.window = of_three.stride = {3, 3};
    expect_fusion_changes_nothing(conv, true, std::nullopt);
    expect_fusion_changes_nothing(conv, false, pool_over(conv));
    expect_fusion_changes_nothing(conv, true, pool_over(conv));
    expect_fusion_changes_nothing(conv, true, overlapping);
    expect_fusion_changes_nothing(conv, true, of_three);
  }
}

TEST(LinearMap, FusionWithPoolingByTwoChangesNothing) {
  for (const std::int64_t filters : {8, 32})
    for (const std::int64_t taps : {2, 3, 5})
      for (const std::int64_t channels : {1, 6, 9})
        for (const std::int64_t extent : {7, 10}) {
          Conv2dGeometry conv{.height = extent,
                              .width = extent + 1,
                              .channels = channels,
                              .filters = filters,
                              .kernel = {taps, taps},
                              .pad_begin = {taps / 2, 1},
                              .pad_end = {1, taps / 2}};
          PoolGeometry same = pool_over(conv);
          same.pad_end = {conv.out_height() % 2, conv.out_width() % 2};
          expect_fusion_changes_nothing(conv, true, same);
          expect_fusion_changes_nothing(conv, true, pool_over(conv));
          conv.stride = {2, 1};
          expect_fusion_changes_nothing(conv, true, pool_over(conv));
          conv.dilation = {1, 2};
          expect_fusion_changes_nothing(conv, false, pool_over(conv));
        }
}

/// Where there are fewer images than threads, the threads share out the lines of an image.
TEST(LinearMap, AnImageGivesTheSameBitsOnAnyNumberOfThreads) {
  const int threads = thread_count();
  for (const std::int64_t extent : {11, 28})
    for (const bool pools : {false, true}) {
      const Conv2dGeometry conv{.height = extent,
                                .width = extent,
                                .channels = 1,
                                .filters = 32,
                                .kernel = {5, 5},
                                .pad_begin = {2, 2},
                                .pad_end = {2, 2}};
      const auto map = make_linear_map(conv, DType::float32);
      map->fuse({.relu = true, .max_pool = pools ? std::optional(pool_over(conv)) : std::nullopt});
      const Tensor src = random_tensor(map->src_shape().prepend(1), DType::float32, "src");
      const Tensor weights = random_tensor(map->weights_shape(), DType::float32, "weights");
      Tensor expected(map->dst_shape().prepend(1)), dst(expected.shape());
      set_thread_count(1);
      map->forward(src, weights, nullptr, expected);
      for (const int count : {2, 3, 5}) {
        set_thread_count(count);
        dst.fill(std::nan(""));
        map->forward(src, weights, nullptr, dst);
        for (std::int64_t i = 0; i < dst.size(); ++i)
          ASSERT_EQ(dst.span<float>()[i], expected.span<float>()[i]) << count << " threads, " << i;
      }
    }
  set_thread_count(threads);
}

/// Weights for each example: a table of them, and of their gradients.
class Table : public ExampleWeights {
 public:
  Table(const Shape& weights, std::int64_t batch, DType dtype)
      : weights_(random_tensor(weights.prepend(batch), dtype, "table")),
        gradients_(weights.prepend(batch), dtype) {}

  void make(std::int64_t n, WeightOrder order, Tensor& weights) override {
    pack_weights(row(weights_, n), order, weights);
  }
  void take_gradient(std::int64_t n, std::int64_t, const Tensor& diff_weights) override {
    Tensor gradient = row(gradients_, n);
    unpack_weights(diff_weights, gradient, Write::overwrite);
  }
  Tensor gradient(std::int64_t n) const { return row(gradients_, n); }
  Tensor weights(std::int64_t n) const { return row(weights_, n); }

 private:
  static Tensor row(const Tensor& table, std::int64_t n) {
    return table.rows(n, 1).reshaped(table.shape().without_leading());
  }
  Tensor weights_, gradients_;
};

void expect_weights_by_example(const Conv2dGeometry& geometry, DType dtype) {
  constexpr std::int64_t batch = 19;
  const auto map = make_linear_map(geometry, dtype);
  const auto reference = make_linear_map(geometry, DType::float64);
  Table table(map->weights_shape(), batch, dtype);
  const Tensor src = random_tensor(map->src_shape().prepend(batch), dtype, "src");
  const Tensor bias = random_tensor({20}, dtype, "bias");
  const Tensor diff = random_tensor(map->dst_shape().prepend(batch), dtype, "diff");
  Tensor dst(diff.shape(), dtype), diff_src(src.shape(), dtype), diff_bias({20}, dtype);
  map->forward(src, table, &bias, dst);
  map->backward(
      {.src = src, .dst = dst, .diff_dst = diff, .diff_bias = &diff_bias, .diff_src = &diff_src},
      table);
  const auto as_double = [](const Tensor& t) {
    return t.dtype() == DType::float64 ? t : to_double(t);
  };
  const auto expect_equal = [](const Tensor& got, const Tensor& expected) {
    for (std::int64_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got.span<double>()[i], expected.span<double>()[i], 5e-5) << i;
  };
  for (std::int64_t n = 0; n < batch; ++n) {
    Tensor y(map->dst_shape().prepend(1), DType::float64),
        dx(map->src_shape().prepend(1), DType::float64), dw(map->weights_shape(), DType::float64);
    const Tensor x = as_double(src.rows(n, 1)), w = as_double(table.weights(n)),
                 b = as_double(bias);
    reference->forward(x, w, &b, y);
    expect_equal(as_double(dst.rows(n, 1)), y);
    reference->backward(
        {.src = x, .dst = y, .diff_dst = as_double(diff.rows(n, 1)), .diff_src = &dx}, w, dw);
    expect_equal(as_double(diff_src.rows(n, 1)), dx);
    expect_equal(as_double(table.gradient(n)), dw);
  }
}

TEST(LinearMap, WeightsByExampleAreThoseOfEachExample) {
  const Conv2dGeometry geometry{.height = 7,
                                .width = 6,
                                .channels = 3,
                                .filters = 20,
                                .kernel = {3, 2},
                                .stride = {2, 1},
                                .pad_begin = {1, 0},
                                .pad_end = {1, 1}};
  Conv2dGeometry dense = geometry;
  dense.stride = {1, 1};
  expect_weights_by_example(geometry, DType::float32);
  expect_weights_by_example(dense, DType::float32);
  expect_weights_by_example(geometry, DType::float64);
}

TEST(LinearMap, Bf16MatchesReferenceOnNumbersItHolds) {
  if (!multiplies_bf16) GTEST_SKIP() << "this build has no products of bf16";
  for (const std::int64_t batch : {3, 40})
    for (const std::int64_t inputs : {37, 2100})
      expect_matches_reference(DenseGeometry{.inputs = inputs, .outputs = 53}, batch,
                               Precision::bf16);
  for (const std::int64_t channels : {1, 5, 32})
    for (const std::int64_t filters : {4, 7, 20, 48})
      expect_matches_reference(Conv2dGeometry{.height = 9,
                                              .width = 8,
                                              .channels = channels,
                                              .filters = filters,
                                              .kernel = {3, 2},
                                              .stride = {1, 2},
                                              .dilation = {2, 1},
                                              .pad_begin = {1, 2},
                                              .pad_end = {2, 0}},
                               3, Precision::bf16);
}

TEST(LinearMap, Bf16RoundsItsFactorsAlone) {
  if (!multiplies_bf16) GTEST_SKIP() << "this build has no products of bf16";
  const DenseGeometry geometry{.inputs = 512, .outputs = 32};
  const auto bf16 = make_linear_map(geometry, DType::float32, Precision::bf16);
  const auto reference = make_linear_map(geometry, DType::float64);
  const Tensor src = random_tensor({64, 512}, DType::float32, "src");
  const Tensor weights = random_tensor({32, 512}, DType::float32, "weights");
  Tensor dst({64, 32}), dst64({64, 32}, DType::float64);
  bf16->forward(src, weights, nullptr, dst);
  reference->forward(to_double(src), to_double(weights), nullptr, dst64);
  // A factor m 2^e, m in [1, 2), is off by 2^-8 2^e / sqrt(3) (root mean square), relative to it by
  // 1 / sqrt(2) of that, and a product by sqrt(2) of what a factor is.
  double square = 0;
  for (std::int64_t i = 0; i < dst.size(); ++i)
    square += std::pow(dst.span<float>()[i] - dst64.span<double>()[i], 2) / dst.size();
  const double expected = std::sqrt(512.0) / std::sqrt(3) / 256;
  EXPECT_NEAR(std::sqrt(square), expected, 0.1 * expected);
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
