#pragma once

#include <random>

#include "credence/tensor/tensor.h"

namespace credence::testing {

/// Normal draws with mean 0 and the given deviation.
inline Tensor random_tensor(Shape shape, DType dtype, unsigned seed, double deviation = 1) {
  Tensor tensor(shape, dtype);
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0, deviation);
  with_real_type(dtype, [&]<class T>(T) {
    for (T& element : tensor.span<T>()) element = static_cast<T>(normal(generator));
  });
  return tensor;
}

/// Class indices [n, 1].
inline Tensor random_labels(std::int64_t rows, std::int64_t classes, unsigned seed) {
  Tensor labels({rows, 1});
  std::mt19937 generator(seed);
  std::uniform_int_distribution<std::int64_t> uniform(0, classes - 1);
  for (float& label : labels.span<float>()) label = static_cast<float>(uniform(generator));
  return labels;
}

template <class From, class To>
Tensor converted(const Tensor& tensor) {
  Tensor result(tensor.shape(), dtype_of<To>);
  for (std::int64_t i = 0; i < tensor.size(); ++i)
    result.data<To>()[i] = static_cast<To>(tensor.data<From>()[i]);
  return result;
}

template <class T>
Tensor tensor_of(Shape shape, std::initializer_list<T> values) {
  Tensor tensor(shape, dtype_of<T>);
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}

}  // namespace credence::testing
