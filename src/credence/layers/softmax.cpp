#include "credence/layers/softmax.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

constexpr Pieces row_grain{.least = 256};

}  // namespace

Shape Softmax::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  const Shape& src = only_source(setup, src_shapes);
  require<ShapeError>(src.rank() >= 1, "layer \"", setup.name, "\": Softmax needs an axis, got ",
                      src);
  return src;
}

void Softmax::forward(std::span<const Tensor> src, Tensor& dst, const StepContext& /*context*/) {
  with_real_type(dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t classes = dst.shape()[-1];
    const T* const in = src[0].data<T>();
    T* const out = dst.data<T>();
    parallel_for(dst.size() / classes, row_grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const T* const x = in + row * classes;
        T* const y = out + row * classes;
        const T largest = *std::max_element(x, x + classes);
        T sum = 0;
        for (std::int64_t c = 0; c < classes; ++c) sum += y[c] = std::exp(x[c] - largest);
        for (std::int64_t c = 0; c < classes; ++c) y[c] /= sum;
      }
    });
  });
}

void Softmax::backward(std::span<const Tensor> /*src*/, const Tensor& dst, const Tensor& diff_dst,
                       std::span<DiffSrc> diff_src, const StepContext& /*context*/) {
  if (!diff_src[0].tensor) return;
  with_real_type(dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t classes = dst.shape()[-1];
    const T *const probability = dst.data<T>(), *const gradient = diff_dst.data<T>();
    T* const out = diff_src[0].tensor->data<T>();
    const bool add = diff_src[0].write == Write::add;
    parallel_for(dst.size() / classes, row_grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const T *const y = probability + row * classes, *const dy = gradient + row * classes;
        T* const dx = out + row * classes;
        T mean = 0;
        for (std::int64_t c = 0; c < classes; ++c) mean += y[c] * dy[c];
        for (std::int64_t c = 0; c < classes; ++c)
          dx[c] = (add ? dx[c] : T(0)) + y[c] * (dy[c] - mean);
      }
    });
  });
}

}  // namespace credence
