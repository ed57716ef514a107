#include "credence/tensor/shape.h"

#include "credence/base/errors.h"

namespace credence {

Shape::Shape(std::initializer_list<std::int64_t> extents) {
  for (const std::int64_t extent : extents) *this = append(extent);
}

std::int64_t Shape::size() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : *this) product *= extent;
  return product;
}

Shape Shape::with_leading(std::int64_t extent) const {
  return without_leading().prepend(extent);
}

Shape Shape::prepend(std::int64_t extent) const {
  Shape result{extent};
  for (const std::int64_t other : *this) result = result.append(other);
  return result;
}

Shape Shape::append(std::int64_t extent) const {
  if (rank_ == max_rank) throw ShapeError(concat("shape: more than ", max_rank, " axes: ", text()));
  if (extent < 0) throw ShapeError(concat("shape: an extent must not be negative, got ", extent));
  Shape result = *this;
  result.extents_[result.rank_++] = extent;
  return result;
}

Shape Shape::without_leading() const {
  Shape result;
  for (int axis = 1; axis < rank_; ++axis) result = result.append(extents_[axis]);
  return result;
}

std::string Shape::text() const {
  std::string result = "[";
  for (const std::int64_t extent : *this) {
    if (result.size() > 1) result += ", ";
    result += std::to_string(extent);
  }
  return result + "]";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.text();
}

}  // namespace credence
