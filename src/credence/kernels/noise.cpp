#include "credence/kernels/noise.h"

#include <algorithm>

#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// fill(row, position) for each row of `dst`, whose example is position.example + its number.
template <class Fill>
void fill_by_example(Tensor& dst, NoisePosition position, Fill fill) {
  const std::int64_t row_size = dst.shape().row_size();
  with_real_type(dst.dtype(), [&](auto zero) {
    const auto elements = dst.span<decltype(zero)>();
    parallel_for(dst.shape()[0], row_pieces(row_size), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        NoisePosition own = position;
        own.example += static_cast<std::uint32_t>(row);
        fill(elements.subspan(static_cast<std::size_t>(row * row_size),
                              static_cast<std::size_t>(row_size)),
             own);
      }
    });
  });
}

}  // namespace

void fill_normal(Tensor& dst, NoiseKey key, NoisePosition position) {
  with_real_type(dst.dtype(), [&](auto zero) {
    const auto elements = dst.span<decltype(zero)>();
    parallel_for(dst.size(), elementwise_pieces, [&](std::int64_t begin, std::int64_t end) {
      const auto first = static_cast<std::size_t>(begin);
      fill_normal(elements.subspan(first, static_cast<std::size_t>(end) - first), key, position,
                  first);
    });
  });
}

void fill_normal_by_example(Tensor& dst, NoiseKey key, NoisePosition position) {
  fill_by_example(dst, position,
                  [key](auto row, NoisePosition own) { fill_normal(row, key, own); });
}

void fill_signs_by_example(Tensor& dst, NoiseKey key, NoisePosition position) {
  fill_by_example(dst, position, [key](auto row, NoisePosition own) { fill_signs(row, key, own); });
}

}  // namespace credence
