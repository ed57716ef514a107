#include "credence/layers/conv1d.h"

#include <cmath>

#include "support/gradient_check.h"
#include "support/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/pooling1d.h"
#include "credence/layers/relu.h"
#include "credence/model/model.h"

namespace credence {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Pass {
  Tensor dst, diff_weights, diff_src;
};

/// A pass of a layer whose weights are `weights`, in float32.
Pass run(Layer& layer, const Tensor& src, const Tensor& weights) {
  const std::int64_t batch = src.shape()[0];
  const Shape shape = src.shape().without_leading();
  Pass pass{.dst = Tensor(
                layer.setup({"layer", DType::float32, batch}, std::span(&shape, 1)).prepend(batch)),
            .diff_weights = {},
            .diff_src = Tensor(src.shape())};
  layer.initialize(1);
  if (!layer.parameters().empty()) layer.parameters()[0]->value.copy_from(weights);
  layer.forward(std::span(&src, 1), pass.dst, {});
  const Tensor diff =
      random_tensor({pass.dst.size()}, DType::float32, "diff").reshaped(pass.dst.shape());
  DiffSrc to{&pass.diff_src};
  layer.backward(std::span(&src, 1), pass.dst, diff, std::span(&to, 1), {});
  if (!layer.parameters().empty()) pass.diff_weights = layer.parameters()[0]->gradient;
  return pass;
}

void expect_same_elements(const Tensor& line, const Tensor& image) {
  EXPECT_TRUE(std::ranges::equal(line.span<float>(), image.span<float>()));
}

/// The same elements as of images of height 1, bit for bit.
TEST(Conv1d, IsAConvolutionOfImagesOfHeightOne) {
  for (const PaddingMode padding : {PaddingMode::valid, PaddingMode::same, PaddingMode::explicit_})
    for (const std::int64_t stride : {1, 2})
      for (const std::int64_t dilation : {1, 3}) {
        Linear line(conv1d({.filters = 6,
                            .kernel = 5,
                            .stride = stride,
                            .dilation = dilation,
                            .padding = padding,
                            .explicit_padding = 4}));
        Linear image(conv2d({.filters = 6,
                             .kernel = {1, 5},
                             .stride = {1, stride},
                             .dilation = {1, dilation},
                             .padding = padding,
                             .explicit_padding = {0, 4}}));
        const Tensor src = random_tensor({3, 19, 4}, DType::float32, "src");
        const Tensor weights = random_tensor({6, 4, 5}, DType::float32, "weights");
        const Pass of_line = run(line, src, weights);
        const Pass of_image = run(image, src.reshaped({3, 1, 19, 4}), weights);
        EXPECT_EQ(of_line.dst.shape(), Shape({3, of_image.dst.shape()[2], 6}));
        EXPECT_EQ(of_line.diff_weights.shape(), Shape({6, 4, 5}));
        expect_same_elements(of_line.dst, of_image.dst);
        expect_same_elements(of_line.diff_weights, of_image.diff_weights);
        expect_same_elements(of_line.diff_src, of_image.diff_src);
      }
}

/// By the definition.
TEST(Conv1d, SumsOverWindowAndChannels) {
  Linear layer(conv1d({.filters = 2, .kernel = 3, .stride = 2, .bias = false}));
  const Tensor src = random_tensor({1, 8, 2}, DType::float32, "src");
  const Tensor weights = random_tensor({2, 2, 3}, DType::float32, "weights");
  const Pass pass = run(layer, src, weights);
  ASSERT_EQ(pass.dst.shape(), Shape({1, 3, 2}));
  for (std::int64_t x = 0; x < 3; ++x)
    for (std::int64_t o = 0; o < 2; ++o) {
      double sum = 0;
      for (std::int64_t c = 0; c < 2; ++c)
        for (std::int64_t k = 0; k < 3; ++k)
          sum += static_cast<double>(src.span<float>()[(2 * x + k) * 2 + c]) *
                 static_cast<double>(weights.span<float>()[(o * 2 + c) * 3 + k]);
      EXPECT_NEAR(pass.dst.span<float>()[x * 2 + o], sum, 1e-5);
    }
}

TEST(Pool1d, IsAPoolingOfImagesOfHeightOne) {
  const Tensor src = random_tensor({2, 11, 3}, DType::float32, "src");
  const auto compare = [&](Layer& line, Layer& image) {
    const Pass of_line = run(line, src, {}), of_image = run(image, src.reshaped({2, 1, 11, 3}), {});
    EXPECT_EQ(of_line.dst.shape(), Shape({2, of_image.dst.shape()[2], 3}));
    expect_same_elements(of_line.dst, of_image.dst);
    expect_same_elements(of_line.diff_src, of_image.diff_src);
  };
  const Pool1dOptions options{.window = 3, .stride = 2, .padding = PaddingMode::same};
  const PoolOptions of_image{.window = {1, 3}, .stride = {1, 2}, .padding = PaddingMode::same};
  MaxPool1d largest(options);
  MaxPool2d largest_2d(of_image);
  compare(largest, largest_2d);
  AvgPool1d average(options);
  AvgPool2d average_2d(of_image);
  compare(average, average_2d);
}

TEST(Conv1d, GradientsMatchCentralDifferences) {
  Linear layer(conv1d({.filters = 3, .kernel = 3, .stride = 2, .padding = PaddingMode::same}));
  check_gradients(layer, {{7, 2}}, 2);
  MaxPool1d largest({.window = 3, .stride = 2, .padding = PaddingMode::same});
  check_gradients(largest, {{7, 2}}, 2);
  AvgPool1d average({.window = 2});
  check_gradients(average, {{7, 2}}, 2);
}

/// The work of ReLU and pooling is done by the convolution.
TEST(Conv1d, RunsTheReluAndPoolingBehindIt) {
  GraphSpec graph{.name = "lines", .input = {20, 3}};
  graph.add("conv1", conv1d({.filters = 4, .kernel = 5, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool1d>("pool1", {.window = 4});
  Model model(graph, {.max_batch = 2});
  EXPECT_EQ(model.output_shape(), Shape({5, 4}));
  EXPECT_EQ(model.summary()[1].runs_in, "conv1");
  EXPECT_EQ(model.summary()[2].runs_in, "conv1");
  EXPECT_EQ(model.summary()[0].weights, Shape({4, 3, 5}));

  const Tensor src = random_tensor({2, 20, 3}, DType::float32, "src");
  model.forward(src, {});
  Linear convolution(conv1d({.filters = 4, .kernel = 5, .padding = PaddingMode::same}));
  const Pass plain = run(convolution, src, model.parameters()[0]->value);
  MaxPool1d pool({.window = 4});
  const Pass pooled = run(pool, plain.dst, {});
  for (std::int64_t i = 0; i < pooled.dst.size(); ++i)
    EXPECT_NEAR(model.output().span<float>()[i], std::max(0.0F, pooled.dst.span<float>()[i]), 1e-5);
}

TEST(Conv1d, RefusesWhatDoesNotFit) {
  const auto says = [](const char* message) {
    return ThrowsMessage<ConfigError>(HasSubstr(message));
  };
  EXPECT_THAT([] { conv1d({}); }, says("Conv1D: give filters"));
  EXPECT_THAT([] { conv1d({.filters = 4, .kernel = 0}); },
              says("Conv1D: kernel must be 1 or more, got 0"));
  EXPECT_THAT([] { conv1d({.filters = 4, .stride = -2}); },
              says("stride must be 1 or more, got -2"));
  EXPECT_THAT([] { conv1d({.filters = 4, .dilation = 0}); }, says("Conv1D: dilation"));
  EXPECT_THAT([] { conv1d({.filters = 4, .explicit_padding = -1}); },
              says("Conv1D: explicit_padding"));
  EXPECT_THAT([] { MaxPool1d({.window = 256}); }, says("MaxPool1D: window must be at most 255"));
  EXPECT_THAT([] { AvgPool1d({.window = 0}); }, says("AvgPool1D: window must be 1 or more, got 0"));
  const auto set_up = [](Layer& layer, const Shape& src) {
    layer.setup({"here", DType::float32, 1}, std::span(&src, 1));
  };
  Linear layer(conv1d({.filters = 4, .kernel = 5}));
  MaxPool1d pool({});
  const auto says_shape = [](const char* message) {
    return ThrowsMessage<ShapeError>(HasSubstr(message));
  };
  EXPECT_THAT(
      [&] {
        set_up(layer, {28, 28, 1});
      },
      says_shape("\"here\": Conv1D needs a source [length, channels], got [28, 28, 1]"));
  EXPECT_THAT([&] { set_up(pool, {28}); }, says_shape("\"here\": MaxPool1D needs a source"));
  EXPECT_THAT([&] { set_up(layer, {4, 1}); }, says_shape("\"here\": a window of 5 does not fit"));
}

}  // namespace
}  // namespace credence
