#pragma once

#include <string>

#include "credence/tensor/tensor.h"

namespace credence {

/// A trained tensor. Its name is that of its layer, a dot, and what it is: "root.conv1.weight_mu".
/// The model may move value and gradient into memory of its own, so reach them through here.
struct Parameter {
  std::string name;
  Tensor value;
  Tensor gradient;

  Parameter() = default;
  Parameter(std::string parameter_name, Shape shape, DType dtype)
      : name(std::move(parameter_name)), value(shape, dtype), gradient(shape, dtype) {}
};

/// A tensor that is saved under a name, such as an optimizer's "conv1.weight.first_moment". Copies
/// share its memory.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

}  // namespace credence
