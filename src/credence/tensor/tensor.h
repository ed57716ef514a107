#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "credence/tensor/shape.h"

namespace credence {

enum class DType : std::uint8_t { float32, float64, bf16, uint8 };

std::size_t bytes_of(DType dtype);
std::string_view name_of(DType dtype);

template <class T>
inline constexpr DType dtype_of = DType::uint8;
template <>
inline constexpr DType dtype_of<float> = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;

/// A dense array of one type: a handle on shared memory, cheap to copy. Copies and views show the
/// same elements. Through a const Tensor the elements are const.
class Tensor {
 public:
  Tensor() = default;
  /// Zero-filled, aligned to 64 bytes.
  explicit Tensor(Shape shape, DType dtype = DType::float32);

  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  /// Elements: none of a tensor without memory, whatever its shape.
  std::int64_t size() const { return empty() ? 0 : shape_.size(); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * bytes_of(dtype_); }
  bool empty() const { return memory_ == nullptr; }

  /// All elements. InternalError if T is not the tensor's type.
  template <class T>
  std::span<T> span() {
    check_type(dtype_of<T>);
    return {reinterpret_cast<T*>(raw()), static_cast<std::size_t>(size())};
  }
  template <class T>
  std::span<const T> span() const {
    check_type(dtype_of<T>);
    return {reinterpret_cast<const T*>(raw()), static_cast<std::size_t>(size())};
  }
  template <class T>
  T* data() {
    return span<T>().data();
  }
  template <class T>
  const T* data() const {
    return span<T>().data();
  }
  std::byte* raw() { return memory_.get() + offset_; }
  const std::byte* raw() const { return memory_.get() + offset_; }

  /// Entries [begin, begin + count) of the first axis, sharing memory.
  Tensor rows(std::int64_t begin, std::int64_t count) const;
  /// The same elements under another shape of the same size, sharing memory.
  Tensor reshaped(Shape shape) const;
  /// `shape.size()` elements from `begin` on in the flattened tensor, sharing memory.
  Tensor window(std::int64_t begin, Shape shape) const;

  Tensor clone() const;
  /// Copies the elements of `other`, of the same size and type.
  void copy_from(const Tensor& other);
  void fill(double value);

 private:
  void check_type(DType asked) const;

  std::shared_ptr<std::byte[]> memory_;
  std::size_t offset_ = 0;
  Shape shape_;
  DType dtype_ = DType::float32;
};

/// Calls `f(T{})` with the floating-point type of `dtype`: double for float64, float for float32.
template <class F>
decltype(auto) with_real_type(DType dtype, F&& f) {
  if (dtype == DType::float64) return f(double{});
  return f(float{});
}

}  // namespace credence
