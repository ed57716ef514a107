#pragma once

#include <cstdint>

#include "credence/kernels/linear_map.h"

/// Convolutions with fewer multiplications (Winograd 1980, "Arithmetic complexity of computations";
/// for networks Lavin and Gray 2016, arXiv:1509.09308), along the vertical axis alone: four lines
/// of dst come from products of 4 + kernel - 1 interpolated lines, instead of 4 * kernel products.
/// Horizontal taps and channels are summed as ever, so that the sums stay in registers from the
/// first product to the maximum of a pooling window.
///
///   dst = A' [(G weights) * (B' src)],  rows of A, G and B by interpolation point (Toom-Cook)
///
/// The points are 0, +-1, +-2, +-1/2 and infinity. The gradient of src has the same form: it is the
/// convolution of that of dst, with zeros around it, with the taps in reverse. On one thread.
namespace credence::cpu {

/// Lines of dst that are made together.
inline constexpr std::int64_t winograd_lines = 4;
/// Interpolated lines lie interleaved: floats from one source element to the next.
inline constexpr std::int64_t winograd_step = 8;

/// Whether the convolution has this form, on a machine with registers enough for it to pay:
/// forward, or with `by_src` the gradient of its source.
bool winograd_applies(const Conv2dGeometry& geometry, WeightOrder order);

/// Floats of a convolution's weights in this form.
std::int64_t winograd_weights_size(const Conv2dGeometry& geometry, WeightOrder order);

/// G weights, from weights packed in that order, with the taps in reverse if `by_src`.
void winograd_weights(const Conv2dGeometry& geometry, WeightOrder order, const float* packed,
                      float* to);

/// B' src for the four lines of dst whose source begins at `first`: `count` elements of each of the
/// 4 + kernel - 1 lines, `line` apart. Writes count * winograd_step floats.
void winograd_source(std::int64_t kernel, const float* first, std::int64_t line, std::int64_t count,
                     float* to);

/// Products of interpolated lines and weights, and the lines of dst made of them.
struct WinogradProducts {
  std::int64_t kernel = 0;     ///< vertical taps: 3 or 5
  const float* src = nullptr;  ///< interpolated
  std::int64_t src_step = 0;   ///< source elements between pixels
  std::int64_t terms = 0;      ///< source elements that a pixel is made of, one after another
  const float* weights = nullptr;
  const float* bias = nullptr;  ///< may be null
  bool relu = false;            ///< of what is written
  bool add = false;         ///< to what is in dst, instead of writing; without `relu` and pooling
  std::int64_t pixels = 0;  ///< of a line, before pooling
  std::int64_t channels = 0;
  float* dst = nullptr;  ///< where the first of the four lines is, or the two pooled ones
  std::int64_t begin = 0, end = 0;  ///< which of those four, or two, are written
};

/// dst = the convolution's lines.
void winograd_convolve(const WinogradProducts& products);
/// dst = their maxima over windows of 2x2, argmax as max_pool_line says. `channels` must be a
/// multiple of winograd_lanes(channels).
void winograd_convolve_pooled(const WinogradProducts& products, std::uint8_t* argmax);
/// Channels that are made together.
std::int64_t winograd_lanes(std::int64_t channels);

}  // namespace credence::cpu
