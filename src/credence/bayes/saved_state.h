#pragma once

#include <string_view>

#include "credence/tensor/parameter.h"

namespace credence {

/// The tensors of a saved state, found by name. `of` says in messages whose state it is.
class SavedState {
 public:
  SavedState(std::span<const NamedTensor> tensors, std::string_view of)
      : tensors_(tensors), of_(of) {}

  bool has(const std::string& name) const;
  /// DataError if there is none of this name, type and shape.
  Tensor take(const std::string& name, const Shape& shape, DType dtype) const;
  /// The same for any number of `rows` of that shape.
  Tensor take_rows(const std::string& name, const Shape& row, DType dtype) const;

 private:
  const Tensor* find(const std::string& name) const;

  std::span<const NamedTensor> tensors_;
  std::string_view of_;
};

}  // namespace credence
