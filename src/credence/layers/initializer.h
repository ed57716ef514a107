#pragma once

#include "credence/base/enum_names.h"
#include "credence/random/noise.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Weight distributions with variance scale / fan: Glorot and Bengio 2010 (1 / mean of both fans),
/// He et al. 2015 (2 / fan in), LeCun et al. 1998 (1 / fan in).
enum class Initializer {
  glorot_uniform,
  glorot_normal,
  he_uniform,
  he_normal,
  lecun_uniform,
  lecun_normal
};

inline EnumNames<Initializer> enum_names(Initializer) {
  static constexpr EnumName<Initializer> names[] = {{Initializer::glorot_uniform, "glorot_uniform"},
                                                    {Initializer::glorot_normal, "glorot_normal"},
                                                    {Initializer::he_uniform, "he_uniform"},
                                                    {Initializer::he_normal, "he_normal"},
                                                    {Initializer::lecun_uniform, "lecun_uniform"},
                                                    {Initializer::lecun_normal, "lecun_normal"}};
  return names;
}

/// Fills weights [O, I, ...]; fan in is I times the kernel's size, fan out O times it.
void initialize(Initializer initializer, Tensor& weights, NoiseKey key);

}  // namespace credence
