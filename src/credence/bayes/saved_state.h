#pragma once

#include <string_view>

#include "credence/tensor/parameter.h"

namespace credence {

/// The tensors of a saved state, found by name.
class SavedState {
 public:
  explicit SavedState(std::span<const NamedTensor> tensors) : tensors_(tensors) {}

  bool has(const std::string& name) const;
  /// DataError if there is none of this name, type and shape.
  Tensor take(const std::string& name, const Shape& shape, DType dtype) const;
  /// The same for any number of `rows` of that shape.
  Tensor take_rows(const std::string& name, const Shape& row, DType dtype) const;

 private:
  const Tensor* find(const std::string& name) const;

  std::span<const NamedTensor> tensors_;
};

}  // namespace credence
