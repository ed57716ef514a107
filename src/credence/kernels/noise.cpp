#include "credence/kernels/noise.h"

#include "credence/kernels/parallel.h"

namespace credence {

void fill_normal(Tensor& dst, NoiseKey key, NoisePosition position) {
  with_real_type(dst.dtype(), [&](auto zero) {
    const auto elements = dst.span<decltype(zero)>();
    parallel_for(dst.size(), elementwise_grain, [&](std::int64_t begin, std::int64_t end) {
      const auto first = static_cast<std::size_t>(begin);
      fill_normal(elements.subspan(first, static_cast<std::size_t>(end) - first), key, position,
                  first);
    });
  });
}

void fill_signs_by_example(Tensor& dst, NoiseKey key, NoisePosition position) {
  const std::int64_t channels = dst.shape()[-1];
  with_real_type(dst.dtype(), [&](auto zero) {
    const auto elements = dst.span<decltype(zero)>();
    const std::int64_t grain = std::max<std::int64_t>(1, elementwise_grain / channels);
    parallel_for(dst.shape()[0], grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        NoisePosition own = position;
        own.example += static_cast<std::uint32_t>(row);
        fill_signs(elements.subspan(static_cast<std::size_t>(row * channels),
                                    static_cast<std::size_t>(channels)),
                   key, own);
      }
    });
  });
}

}  // namespace credence
