#pragma once

#include <algorithm>

#include "credence/kernels/parallel.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Sums over a batch are made in this many lanes, each over neighbouring rows in order, and the
/// lanes are added in order: so the sums do not depend on the number of threads.
inline std::int64_t gradient_lanes(std::int64_t batch) {
  return std::clamp<std::int64_t>(batch / 8, 1, 64);
}

/// The first row of a lane; that of lane `lanes` is `batch`.
constexpr std::int64_t lane_begin(std::int64_t lane, std::int64_t lanes, std::int64_t batch) {
  return lane * batch / lanes;
}

/// An array of sums for each lane.
class LaneSums {
 public:
  /// Begins `lanes` arrays of zeros.
  void start(std::int64_t lanes, std::int64_t size, DType dtype) {
    if (sums_.size() < lanes * size || sums_.dtype() != dtype)
      sums_ = Tensor({lanes * size}, dtype);
    lanes_ = lanes;
    size_ = size;
    with_real_type(dtype, [&](auto zero) {
      auto* const sums = sums_.data<decltype(zero)>();
      parallel_for(lanes * size, elementwise_pieces, [=](std::int64_t begin, std::int64_t end) {
        std::fill(sums + begin, sums + end, zero);
      });
    });
  }

  template <class T>
  T* lane(std::int64_t lane) {
    return sums_.data<T>() + lane * size_;
  }

  /// The sum of the lanes, in their memory: good until the next start().
  Tensor total() {
    with_real_type(sums_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      T* const total = sums_.data<T>();
      parallel_for(size_, elementwise_pieces, [&, total](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = 1; i < lanes_; ++i) {
          const T* const sums = total + i * size_;
#pragma omp simd
          for (std::int64_t k = begin; k < end; ++k) total[k] += sums[k];
        }
      });
    });
    return sums_.window(0, {size_});
  }

 private:
  Tensor sums_;
  std::int64_t lanes_ = 0, size_ = 0;
};

}  // namespace credence
