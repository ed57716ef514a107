#pragma once

#include <cstdint>

/// The gradient of a convolution's weights through max pooling over 2x2 windows. Of the four pixels
/// of a window one has a gradient, another one in each channel: each lane chooses among four source
/// elements where the four lie together, and three quarters of the products are not taken. On one
/// thread.
namespace credence::cpu {

/// Whether so many channels fill registers for which this build has the instruction that chooses.
bool has_pooled_gradient(std::int64_t channels);

/// Writes the elements of each window together: to[4 i] and on are src[i], src[i + right],
/// src[i + below] and src[i + below + right], for i < size; zeros where that ends.
void gather_windows(const float* src, std::int64_t size, std::int64_t right, std::int64_t below,
                    float* to);

/// Floats behind the last window that may be read; what they hold does not matter.
inline constexpr std::int64_t window_slack = 16;

/// For each run r, j < run_length and channel c:
///
///   sums[r, j, c] += sum over lines y and pixels p of
///                    diff[y, p, c] * windows[y, p, r, j][argmax[y, p, c]]
///
/// where argmax is not no_pixel (max_pool_lines.h). windows[y, p, r, j] is the window number
/// y * window_line + p * window_step + r * run_step + j. Lines, pixels and channels of diff and
/// argmax lie without gaps.
struct PooledGradient {
  const float* windows = nullptr;
  std::int64_t window_step = 0;
  std::int64_t window_line = 0;
  std::int64_t runs = 0;
  std::int64_t run_step = 0;
  std::int64_t run_length = 0;
  const float* diff = nullptr;
  const std::uint8_t* argmax = nullptr;
  std::int64_t lines = 0;
  std::int64_t pixels = 0;
  std::int64_t channels = 0;
  float* sums = nullptr;
  float* bias_sums = nullptr;  ///< [channels]: the sum of diff is added; may be null
};
void sum_pooled_gradient(const PooledGradient& gradient);

}  // namespace credence::cpu
