#include <cmath>

#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/initializer.h"
#include "credence/layers/pooling.h"

namespace credence {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Shape shape_after(Layer& layer, const Shape& src) {
  return layer.setup({"here", DType::float32, 1}, std::span(&src, 1));
}

TEST(Shapes, PaddingSameKeepsTheExtentAndDividesByTheStride) {
  Linear same(conv2d({.filters = 4, .kernel = {5, 5}, .padding = PaddingMode::same}));
  EXPECT_EQ(shape_after(same, {28, 28, 1}), Shape({28, 28, 4}));
  Linear strided(
      conv2d({.filters = 4, .kernel = {3, 3}, .stride = {2, 2}, .padding = PaddingMode::same}));
  EXPECT_EQ(shape_after(strided, {7, 8, 1}), Shape({4, 4, 4}));
  Linear valid(conv2d({.filters = 4, .kernel = {3, 3}}));
  EXPECT_EQ(shape_after(valid, {28, 28, 1}), Shape({26, 26, 4}));
  MaxPool2d pool({.window = {2, 2}});
  EXPECT_EQ(shape_after(pool, {27, 27, 3}), Shape({13, 13, 3}));
}

TEST(Shapes, AMisfitNamesTheLayer) {
  Linear layer(dense({.units = 4}));
  EXPECT_THAT(
      [&] {
        shape_after(layer, {28, 28, 1});
      },
      ThrowsMessage<ShapeError>(HasSubstr("\"here\"")));
  Linear window(conv2d({.filters = 4, .kernel = {5, 5}}));
  EXPECT_THAT(
      [&] {
        shape_after(window, {3, 9, 1});
      },
      ThrowsMessage<ShapeError>(HasSubstr("\"here\"")));
  EXPECT_THROW(dense({.units = 0}), ConfigError);
}

TEST(Shapes, WindowsOutOfRangeAreRefusedAtOnce) {
  const auto says = [](const char* message) {
    return ThrowsMessage<ConfigError>(HasSubstr(message));
  };
  EXPECT_THAT([] { conv2d({.filters = 4, .kernel = {0, 3}}); }, says("Conv2D: kernel"));
  EXPECT_THAT([] { conv2d({.filters = 4, .stride = {1, 0}}); }, says("Conv2D: stride"));
  EXPECT_THAT([] { conv2d({.filters = 4, .dilation = {-1, 1}}); }, says("Conv2D: dilation"));
  EXPECT_THAT(
      [] {
        conv2d({.filters = 4, .explicit_padding = {0, -1}});
      },
      says("Conv2D: explicit_padding"));
  EXPECT_THAT([] { MaxPool2d({.window = {2, 0}}); }, says("MaxPool2D: window"));
  EXPECT_THAT([] { AvgPool2d({.window = {2, 128}}); }, says("AvgPool2D: window"));
  EXPECT_THAT([] { AvgPool2d({.stride = {2, -1}}); }, says("AvgPool2D: stride"));
  EXPECT_NO_THROW(MaxPool2d({.window = {15, 17}}));
}

TEST(Initializer, HasTheVarianceOfItsFans) {
  Tensor weights({64, 32, 3, 3});
  const double fan_in = 32 * 9, fan_out = 64 * 9, n = static_cast<double>(weights.size());
  const std::pair<Initializer, double> cases[] = {
      {Initializer::glorot_uniform, 2 / (fan_in + fan_out)},
      {Initializer::glorot_normal, 2 / (fan_in + fan_out)},
      {Initializer::he_uniform, 2 / fan_in},
      {Initializer::he_normal, 2 / fan_in},
      {Initializer::lecun_uniform, 1 / fan_in},
      {Initializer::lecun_normal, 1 / fan_in}};
  for (const auto& [initializer, variance] : cases) {
    initialize(initializer, weights, noise_key(1, Stream::init, "w"));
    double sum = 0, squares = 0;
    for (const float w : weights.span<float>()) {
      sum += w;
      squares += static_cast<double>(w) * w;
    }
    EXPECT_LT(std::abs(sum / std::sqrt(n * variance)), 4) << enum_name(initializer);
    // The variance of w^2 is at most 2 variance^2 (normal).
    EXPECT_LT(std::abs(squares / n - variance) / (variance * std::sqrt(2 / n)), 4)
        << enum_name(initializer);
  }
}

}  // namespace
}  // namespace credence
