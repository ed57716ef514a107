#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>

namespace credence {

/// The extents of a tensor, outermost first. Activations are channels-last: [batch, height, width,
/// channels]; weights are [outputs, inputs, kernel height, kernel width].
class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents);

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return extents_[axis < 0 ? rank_ + axis : axis]; }
  /// The number of elements; 1 for rank zero.
  std::int64_t size() const;
  /// Elements per entry of the first axis: size() of the shape without it.
  std::int64_t row_size() const { return without_leading().size(); }

  Shape with_leading(std::int64_t extent) const;  ///< the first extent replaced
  Shape prepend(std::int64_t extent) const;       ///< an axis added in front
  Shape append(std::int64_t extent) const;        ///< an axis added at the end
  Shape without_leading() const;                  ///< the first axis dropped

  const std::int64_t* begin() const { return extents_.data(); }
  const std::int64_t* end() const { return extents_.data() + rank_; }
  bool operator==(const Shape& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

  /// "[64, 28, 28, 1]".
  std::string text() const;

 private:
  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace credence
