#include "credence/tensor/tensor.h"

#include <algorithm>
#include <cstring>

#include "credence/base/errors.h"
#include "credence/tensor/memory.h"

namespace credence {
namespace {

std::shared_ptr<std::byte[]> zeros(const Shape& shape, DType dtype) {
  require_countable(shape);
  const std::size_t bytes = static_cast<std::size_t>(shape.size()) * bytes_of(dtype);
  try {
    auto memory = allocate_memory(bytes);
    std::memset(memory.get(), 0, bytes);
    return memory;
  } catch (const MemoryError& error) {
    throw MemoryError(concat(error.what(), ", for ", name_of(dtype), " ", shape));
  }
}

}  // namespace

std::size_t bytes_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return 4;
    case DType::float64:
      return 8;
    case DType::bf16:
      return 2;
    case DType::uint8:
      return 1;
  }
  throw InternalError("tensor: unknown dtype");
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "float32";
    case DType::float64:
      return "float64";
    case DType::bf16:
      return "bf16";
    case DType::uint8:
      return "uint8";
  }
  throw InternalError("tensor: unknown dtype");
}

Tensor::Tensor(Shape shape, DType dtype)
    : memory_(zeros(shape, dtype)), shape_(shape), dtype_(dtype) {}

Tensor Tensor::rows(std::int64_t begin, std::int64_t count) const {
  require<ShapeError>(shape_.rank() > 0 && begin >= 0 && count >= 0 && begin + count <= shape_[0],
                      "tensor: rows ", begin, " to ", begin + count, " asked of shape ", shape_);
  return window(begin * shape_.row_size(), shape_.with_leading(count));
}

Tensor Tensor::reshaped(Shape shape) const {
  require<ShapeError>(shape.size() == size(), "tensor: cannot reshape ", shape_, " to ", shape);
  return window(0, shape);
}

Tensor Tensor::window(std::int64_t begin, Shape shape) const {
  require<ShapeError>(begin >= 0 && begin + shape.size() <= size(), "tensor: ", shape,
                      " from element ", begin, " on does not fit in ", shape_);
  Tensor view = *this;
  view.offset_ += static_cast<std::size_t>(begin) * bytes_of(dtype_);
  view.shape_ = shape;
  return view;
}

Tensor Tensor::clone() const {
  if (empty()) return {};
  Tensor copy(shape_, dtype_);
  copy.copy_from(*this);
  return copy;
}

void Tensor::copy_from(const Tensor& other) {
  require<ShapeError>(other.size() == size() && other.dtype_ == dtype_, "tensor: cannot copy ",
                      name_of(other.dtype_), other.shape_, " to ", name_of(dtype_), shape_);
  std::memcpy(raw(), other.raw(), bytes());
}

void Tensor::fill(double value) {
  if (dtype_ == DType::uint8) {
    std::ranges::fill(span<std::uint8_t>(), static_cast<std::uint8_t>(value));
    return;
  }
  require<InternalError>(dtype_ != DType::bf16, "tensor: fill of bf16");
  with_real_type(dtype_, [&](auto zero) {
    for (auto& element : span<decltype(zero)>()) element = static_cast<decltype(zero)>(value);
  });
}

void Tensor::check_type(DType asked) const {
  require<InternalError>(asked == dtype_, "tensor: holds ", name_of(dtype_), ", asked for ",
                         name_of(asked));
}

}  // namespace credence
