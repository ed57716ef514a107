#pragma once

#include <string>

#include "credence/kernels/noise.h"

namespace credence {

/// Standard normals that depend on the name alone.
inline Tensor random_tensor(const Shape& shape, DType dtype, const std::string& name) {
  Tensor tensor(shape, dtype);
  fill_normal(tensor, noise_key(20240229, Stream::noise, name), {});
  return tensor;
}

/// The same numbers in float32.
inline Tensor to_float(const Tensor& tensor) {
  Tensor result(tensor.shape(), DType::float32);
  const auto from = tensor.span<double>();
  for (std::size_t i = 0; i < from.size(); ++i)
    result.span<float>()[i] = static_cast<float>(from[i]);
  return result;
}

inline Tensor to_double(const Tensor& tensor) {
  Tensor result(tensor.shape(), DType::float64);
  const auto from = tensor.span<float>();
  for (std::size_t i = 0; i < from.size(); ++i) result.span<double>()[i] = from[i];
  return result;
}

}  // namespace credence
