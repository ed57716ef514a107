#pragma once

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"
#include "credence/kernels/write.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// dst[i] = f(src[i]). dst may be src.
template <class F>
void transform(const Tensor& src, Tensor& dst, F f) {
  require<ShapeError>(src.size() == dst.size(), "transform: sizes ", src.shape(), " and ",
                      dst.shape());
  with_real_type(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const x = src.data<T>();
    T* const y = dst.data<T>();
    parallel_for(src.size(), elementwise_pieces, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
    });
  });
}

/// dst[i] = (or +=) f(a[i], b[i]). dst may be a or b.
template <class F>
void transform(const Tensor& a, const Tensor& b, Tensor& dst, Write write, F f) {
  require<ShapeError>(a.size() == dst.size() && b.size() == dst.size(), "transform: sizes ",
                      a.shape(), ", ", b.shape(), " and ", dst.shape());
  with_real_type(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const x = a.data<T>(), *const y = b.data<T>();
    T* const z = dst.data<T>();
    parallel_for(a.size(), elementwise_pieces, [=](std::int64_t begin, std::int64_t end) {
      if (write == Write::add) {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) z[i] += f(x[i], y[i]);
      } else {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i) z[i] = f(x[i], y[i]);
      }
    });
  });
}

/// dst = (or +=) src.
inline void copy(const Tensor& src, Tensor& dst, Write write) {
  transform(src, src, dst, write, [](auto x, auto) { return x; });
}

}  // namespace credence
