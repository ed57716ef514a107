#pragma once

#include <cmath>

#include <gtest/gtest.h>

#include "credence/tensor/tensor.h"

namespace credence {

/// Every element of a float32 tensor against float64 ones, to `tolerance` times the largest of
/// them.
inline void expect_close(const Tensor& got, const Tensor& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  const auto x = got.span<float>();
  const auto y = expected.span<double>();
  double largest = 1e-30;
  for (const double value : y) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < y.size(); ++i)
    ASSERT_NEAR(x[i], y[i], tolerance * largest) << "element " << i;
}

}  // namespace credence
