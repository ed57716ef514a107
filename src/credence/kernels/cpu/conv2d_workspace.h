#pragma once

#include <cstdint>

#include "credence/kernels/cpu/bf16.h"
#include "credence/tensor/tensor.h"

namespace credence::cpu {

/// Lines of an image, or rows of a batch: [begin, end).
struct Range {
  std::int64_t begin, end;
};

/// What a thread works on: one image at a time, so that all of it stays in its cache.
struct Workspace {
  Tensor src;           ///< padded
  Tensor src_bf16;      ///< padded
  Tensor points;        ///< lines of src, or of diff_dst, interpolated (winograd.h)
  Tensor src_windows;   ///< the pixels of each 2x2 window together (pooled_gradient.h)
  Tensor lines;         ///< of the convolution's result, before pooling
  Tensor diff_dst;      ///< padded
  Tensor diff_bf16;     ///< padded
  Tensor weights;       ///< of one example
  Tensor prepared;      ///< the same as the products take them
  Tensor diff_weights;  ///< of one example
};

inline float* reserve(Tensor& tensor, std::int64_t size) {
  if (tensor.size() < size) tensor = Tensor({size});
  return tensor.data<float>();
}

/// With an element more, which an odd run reads.
inline Bf16* reserve_bf16(Tensor& tensor, std::int64_t size) {
  if (tensor.size() < size + 1) tensor = Tensor({size + 1}, DType::bf16);
  return reinterpret_cast<Bf16*>(tensor.raw());
}

}  // namespace credence::cpu
