#include "credence/bayes/saved_state.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"

namespace credence {

const Tensor* SavedState::find(const std::string& name) const {
  const auto found = std::ranges::find(tensors_, name, &NamedTensor::name);
  return found == tensors_.end() ? nullptr : &found->tensor;
}

bool SavedState::has(const std::string& name) const {
  return find(name) != nullptr;
}

Tensor SavedState::take(const std::string& name, const Shape& shape, DType dtype) const {
  const Tensor* const tensor = find(name);
  require<DataError>(tensor != nullptr, of_, ": expected a tensor \"", name, "\" of shape ", shape,
                     ", found none");
  require<DataError>(tensor->shape() == shape && tensor->dtype() == dtype, of_, ": tensor \"", name,
                     "\": expected ", name_of(dtype), " ", shape, ", got ",
                     name_of(tensor->dtype()), " ", tensor->shape());
  with_real_type(dtype, [&](auto zero) {
    for (const auto value : tensor->span<decltype(zero)>())
      require<DataError>(std::isfinite(value), of_, ": tensor \"", name,
                         "\": expected finite numbers, got ", value);
  });
  return *tensor;
}

Tensor SavedState::take_rows(const std::string& name, const Shape& row, DType dtype) const {
  const Tensor* const tensor = find(name);
  const std::int64_t rows = tensor && tensor->shape().rank() > 0 ? tensor->shape()[0] : 1;
  return take(name, row.prepend(rows), dtype);
}

}  // namespace credence
