#include "credence/kernels/channels.h"

#include <algorithm>
#include <vector>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// Sums of this many rows are made apart and added in order, whatever the number of threads.
constexpr std::int64_t rows_per_partial_sum = 512;

}  // namespace

void broadcast_channels(const Tensor& channel, Tensor& dst) {
  with_real_type(dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::span<const T> value = channel.span<T>();
    T* const out = dst.data<T>();
    const auto channels = static_cast<std::int64_t>(value.size());
    parallel_for(dst.size() / channels, row_pieces(channels),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; ++row)
                     std::copy(value.begin(), value.end(), out + row * channels);
                 });
  });
}

void sum_channels(const Tensor& src, Tensor& channel, Write write) {
  with_real_type(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t channels = channel.size();
    if (channels == 0) return;
    const std::int64_t rows = src.size() / channels;
    const std::int64_t parts = (rows + rows_per_partial_sum - 1) / rows_per_partial_sum;
    thread_local std::vector<T> partial;
    partial.assign(static_cast<std::size_t>(parts * channels), T(0));
    const T* const in = src.data<T>();
    T* const sums = partial.data();
    parallel_for(parts, {}, [&, in, sums](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        T* const sum = sums + part * channels;
        const std::int64_t last = std::min(rows, (part + 1) * rows_per_partial_sum);
        for (std::int64_t row = part * rows_per_partial_sum; row < last; ++row) {
          const T* const x = in + row * channels;
#pragma omp simd
          for (std::int64_t c = 0; c < channels; ++c) sum[c] += x[c];
        }
      }
    });
    T* const out = channel.data<T>();
    if (write == Write::overwrite) std::fill(out, out + channels, T(0));
    for (std::int64_t part = 0; part < parts; ++part)
      for (std::int64_t c = 0; c < channels; ++c) out[c] += sums[part * channels + c];
  });
}

void scale_example_channels(const Tensor& src, const Tensor& factor, Tensor& dst, Write write) {
  const std::int64_t batch = src.shape()[0];
  const std::int64_t channels = factor.shape()[-1];
  require<ShapeError>(factor.shape() == Shape({batch, channels}) && src.shape()[-1] == channels &&
                          dst.size() == src.size(),
                      "scale_example_channels: src ", src.shape(), " and dst ", dst.shape(),
                      " need factor [batch, channels], got ", factor.shape());
  if (batch == 0) return;
  with_real_type(src.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t pixels = src.size() / batch / channels;
    const T *const in = src.data<T>(), *const scale = factor.data<T>();
    T* const out = dst.data<T>();
    parallel_for(batch, row_pieces(pixels * channels), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        for (std::int64_t p = 0; p < pixels; ++p) {
          const T *const x = in + (n * pixels + p) * channels, *const f = scale + n * channels;
          T* const y = out + (n * pixels + p) * channels;
          if (write == Write::add) {
#pragma omp simd
            for (std::int64_t c = 0; c < channels; ++c) y[c] += x[c] * f[c];
          } else {
#pragma omp simd
            for (std::int64_t c = 0; c < channels; ++c) y[c] = x[c] * f[c];
          }
        }
    });
  });
}

}  // namespace credence
