#include "credence/kernels/weight_order.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// Elements between neighbours along each axis of the weights, in one layout.
struct Strides {
  std::int64_t dst_channel, src_channel, tap;
};

struct Extents {
  std::int64_t outputs, inputs, taps;

  explicit Extents(const Shape& weights)
      : outputs(weights[0]), inputs(weights[1]), taps(weights.size() / outputs / inputs) {}

  Strides plain() const { return {inputs * taps, taps, 1}; }
  Strides packed(WeightOrder order) const {
    if (order == WeightOrder::by_dst) return {1, outputs, inputs * outputs};
    return {inputs, 1, inputs * outputs};
  }
};

/// body(plain index, packed index) in tiles whose rows and columns both stay in cache.
template <class Body>
void for_each_weight(const Extents& extents, WeightOrder order, Body body) {
  constexpr std::int64_t tile = 16;
  const Strides plain = extents.plain(), packed = extents.packed(order);
  const std::int64_t strips = (extents.outputs + tile - 1) / tile;
  parallel_for(strips, row_pieces(tile * extents.inputs * extents.taps),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t strip = begin; strip < end; ++strip) {
                   const std::int64_t first = strip * tile,
                                      last = std::min(extents.outputs, first + tile);
                   for (std::int64_t tap = 0; tap < extents.taps; ++tap)
                     for (std::int64_t i = 0; i < extents.inputs; ++i)
                       for (std::int64_t o = first; o < last; ++o)
                         body(o * plain.dst_channel + i * plain.src_channel + tap * plain.tap,
                              o * packed.dst_channel + i * packed.src_channel + tap * packed.tap);
                 }
               });
}

}  // namespace

void pack_weights(const Tensor& weights, WeightOrder order, Tensor& packed) {
  require<InternalError>(packed.size() == weights.size(), "pack_weights: ", weights.shape(),
                         " into ", packed.shape());
  with_real_type(weights.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = weights.data<T>();
    T* const to = packed.data<T>();
    for_each_weight(Extents(weights.shape()), order,
                    [=](std::int64_t plain, std::int64_t at) { to[at] = from[plain]; });
  });
}

void unpack_weights(const Tensor& packed, Tensor& weights, Write write) {
  require<InternalError>(packed.size() == weights.size(), "unpack_weights: ", packed.shape(),
                         " into ", weights.shape());
  with_real_type(weights.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = packed.data<T>();
    T* const to = weights.data<T>();
    for_each_weight(Extents(weights.shape()), WeightOrder::by_dst,
                    [=](std::int64_t plain, std::int64_t at) {
                      to[plain] = write == Write::add ? to[plain] + from[at] : from[at];
                    });
  });
}

}  // namespace credence
