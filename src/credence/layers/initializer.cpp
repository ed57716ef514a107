#include "credence/layers/initializer.h"

#include <cmath>

namespace credence {
namespace {

double variance(Initializer initializer, double fan_in, double fan_out) {
  switch (initializer) {
    case Initializer::glorot_uniform:
    case Initializer::glorot_normal:
      return 2.0 / (fan_in + fan_out);
    case Initializer::he_uniform:
    case Initializer::he_normal:
      return 2.0 / fan_in;
    case Initializer::lecun_uniform:
    case Initializer::lecun_normal:
      break;
  }
  return 1.0 / fan_in;
}

bool is_uniform(Initializer initializer) {
  return initializer == Initializer::glorot_uniform || initializer == Initializer::he_uniform ||
         initializer == Initializer::lecun_uniform;
}

}  // namespace

void initialize(Initializer initializer, Tensor& weights, NoiseKey key) {
  const Shape& shape = weights.shape();
  const double fan_in = static_cast<double>(shape.row_size());
  const double fan_out = fan_in / static_cast<double>(shape[1]) * static_cast<double>(shape[0]);
  const double sigma = std::sqrt(variance(initializer, fan_in, fan_out));
  with_real_type(weights.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto values = weights.span<T>();
    if (is_uniform(initializer)) {
      const double limit = std::sqrt(3.0) * sigma;
      fill_uniform(values, key, {});
      for (T& value : values) value = static_cast<T>(limit * (2.0 * value - 1.0));
    } else {
      fill_normal(values, key, {});
      for (T& value : values) value = static_cast<T>(sigma * value);
    }
  });
}

}  // namespace credence
