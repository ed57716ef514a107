#pragma once

#include <vector>

#include "credence/kernels/cpu/products.h"
#include "credence/kernels/linear_map.h"

namespace credence::cpu {

/// Memory for an image with zeros around it.
struct PaddedImage {
  std::int64_t lines = 0;
  std::int64_t line = 0;   ///< elements between lines
  std::int64_t begin = 0;  ///< element of the image's first pixel

  std::int64_t size() const { return lines * line; }
};

/// Pixels of src at `y`, `x` modulo the stride: their gradients are sums over the same taps.
struct Phase {
  std::int64_t x = 0;
  std::vector<Run> runs;  ///< from the pixel of diff_dst at the same multiple of the stride
};

/// A convolution as sums of products over padded images: which elements meet which weights.
struct Conv2dPlan {
  Conv2dPlan(const Conv2dGeometry& geometry, Precision precision);

  bool winograd_forward = false;   ///< the forward pass has that form (winograd.h)
  bool winograd_backward = false;  ///< and the gradient of the source
  PaddedImage src;
  bool src_is_padded = false;
  std::vector<Run> runs;  ///< of one pixel of dst: into padded src and weights [taps, I, O]
  std::int64_t run_length = 0;
  std::vector<Run> forward_runs;  ///< the same, but for bf16 into pairs of weights (bf16.h)

  PaddedImage diff_dst;
  std::vector<std::vector<Phase>>
      phases;  ///< by line of src modulo the stride; weights [taps, O, I], or pairs
};

}  // namespace credence::cpu
