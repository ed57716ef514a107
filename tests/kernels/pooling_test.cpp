#include "credence/kernels/pooling.h"

#include <cmath>
#include <limits>

#include "support/random_tensor.h"
#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(Pooling, TakesTheFirstOfEqualMaximaAndSendsItTheGradient) {
  const PoolGeometry geometry{.height = 2, .width = 4, .channels = 1};
  Tensor src({1, 2, 4, 1}), dst({1, 1, 2, 1}), argmax({1, 1, 2, 1}, DType::uint8),
      diff_src({1, 2, 4, 1});
  const float values[] = {1, 7, 2, 2, 3, 7, 2, 2};
  std::copy(std::begin(values), std::end(values), src.data<float>());
  max_pool_forward(geometry, src, dst, argmax);
  EXPECT_EQ(dst.span<float>()[0], 7);
  EXPECT_EQ(dst.span<float>()[1], 2);
  Tensor diff_dst({1, 1, 2, 1});
  diff_dst.span<float>()[0] = 10;
  diff_dst.span<float>()[1] = 20;
  diff_src.fill(99);
  max_pool_backward(geometry, diff_dst, argmax, diff_src, Write::overwrite);
  const float expected[] = {0, 10, 20, 0, 0, 0, 0, 0};
  for (int i = 0; i < 8; ++i) EXPECT_EQ(diff_src.span<float>()[i], expected[i]) << i;
}

TEST(Pooling, OverlappingWindowsAddTheirGradients) {
  const PoolGeometry geometry{
      .height = 1, .width = 3, .channels = 1, .window = {1, 2}, .stride = {1, 1}};
  Tensor src({1, 1, 3, 1}), dst({1, 1, 2, 1}), argmax({1, 1, 2, 1}, DType::uint8),
      diff_src({1, 1, 3, 1});
  src.span<float>()[1] = 5;
  max_pool_forward(geometry, src, dst, argmax);
  Tensor diff_dst({1, 1, 2, 1});
  diff_dst.fill(1);
  max_pool_backward(geometry, diff_dst, argmax, diff_src, Write::overwrite);
  EXPECT_EQ(diff_src.span<float>()[1], 2);
}

TEST(Pooling, AverageDividesByThePixelsInside) {
  const PoolGeometry geometry{.height = 3,
                              .width = 3,
                              .channels = 1,
                              .window = {2, 2},
                              .stride = {2, 2},
                              .pad_end = {1, 1}};
  Tensor src({1, 3, 3, 1}), dst({1, 2, 2, 1});
  for (int i = 0; i < 9; ++i) src.span<float>()[i] = static_cast<float>(i);
  average_pool_forward(geometry, src, dst);
  EXPECT_EQ(dst.span<float>()[0], 2);    // 0 1 3 4
  EXPECT_EQ(dst.span<float>()[1], 3.5);  // 2 5
  EXPECT_EQ(dst.span<float>()[2], 6.5);  // 6 7
  EXPECT_EQ(dst.span<float>()[3], 8);    // 8
}

TEST(Pooling, ANotANumberIsNotLost) {
  const PoolGeometry geometry{.height = 2, .width = 2, .channels = 1};
  Tensor src({1, 2, 2, 1}), dst({1, 1, 1, 1}), argmax({1, 1, 1, 1}, DType::uint8);
  src.span<float>()[2] = std::numeric_limits<float>::quiet_NaN();
  src.span<float>()[3] = 1;
  max_pool_forward(geometry, src, dst, argmax);
  EXPECT_TRUE(std::isnan(dst.span<float>()[0]));
}

}  // namespace
}  // namespace credence
