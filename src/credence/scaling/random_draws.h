#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include "credence/random/noise.h"

namespace credence {

/// Draws one after the other, for sampling that has no places to number: the same ones for a seed
/// and a name.
class RandomDraws {
 public:
  explicit RandomDraws(std::uint64_t seed, std::string_view name = "scaling")
      : key_(noise_key(seed, Stream::noise, name)) {}

  /// In (0, 1).
  double uniform() {
    return next(uniforms_, [&](auto span) { fill_uniform(span, key_, next_place()); });
  }
  double normal() {
    return next(normals_, [&](auto span) { fill_normal(span, key_, next_place()); });
  }
  /// Of so many degrees of freedom: two of them are an exponential draw, and one a normal's square.
  double chi_squared(std::int64_t freedom) {
    double sum = 0;
    for (std::int64_t i = 0; i < freedom / 2; ++i) sum -= 2 * std::log(uniform());
    const double odd = freedom % 2 == 0 ? 0 : normal();
    return sum + odd * odd;
  }

 private:
  static constexpr std::size_t block = 1024;
  struct Buffer {
    std::vector<double> draws = std::vector<double>(block);
    std::size_t used = block;
  };

  NoisePosition next_place() { return {.step = blocks_++}; }
  template <class Fill>
  double next(Buffer& buffer, Fill&& fill) {
    if (buffer.used == block) {
      fill(std::span<double>(buffer.draws));
      buffer.used = 0;
    }
    return buffer.draws[buffer.used++];
  }

  NoiseKey key_;
  std::uint64_t blocks_ = 0;
  Buffer uniforms_, normals_;
};

}  // namespace credence
