#pragma once

#include <vector>

namespace credence {

/// A point of the drawing plane, y downwards.
struct PenPoint {
  float x, y;
  bool operator==(const PenPoint&) const = default;
};

/// The points that one stroke of the pen passes through; a point given twice is a corner.
using Stroke = std::vector<PenPoint>;

/// One way to write a digit, in a box of about 60 x 100 around (50, 50).
using Skeleton = std::vector<Stroke>;

/// The writing styles of a digit, 0 to 9.
const std::vector<Skeleton>& digit_skeletons(int digit);

}  // namespace credence
