#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "credence/base/errors.h"
#include "credence/data/digits_skeletons.h"

namespace credence {

inline constexpr int digit_side = 28;

/// Takes uniform draws one after the other. What is made of them must not depend on the order in
/// which a compiler evaluates arguments: draw in separate statements or between braces.
class ShapeDraws {
 public:
  explicit ShapeDraws(std::span<const float> uniforms) : uniforms_(uniforms) {}

  float between(float low, float high) { return low + (high - low) * next(); }
  /// Denser around the middle: the mean of two.
  float around(float middle, float spread) { return middle + spread * (next() + next() - 1.0F); }
  int below(int count) {
    return std::min(static_cast<int>(next() * static_cast<float>(count)), count - 1);
  }

 private:
  float next() {
    require<InternalError>(next_ < uniforms_.size(), "digits: an image took more than ",
                           uniforms_.size(), " draws");
    return uniforms_[next_++];
  }
  std::span<const float> uniforms_;
  std::size_t next_ = 0;
};

/// A vertex of a polyline.
struct Vertex {
  PenPoint at;
  float width;  ///< of the pen, relative to its mean; at most max_pen_width
  bool lifted;  ///< the pen comes down here: no line from the vertex before
};
inline constexpr float max_pen_width = 1.2F;

/// What the pen follows, in pixels.
class Polyline {
 public:
  void add(Vertex vertex) {
    require<InternalError>(size_ < vertices_.size(), "digits: a skeleton is too long");
    vertices_[size_++] = vertex;
  }
  std::span<Vertex> vertices() { return {vertices_.data(), size_}; }

 private:
  std::array<Vertex, 128> vertices_;
  std::size_t size_ = 0;
};

/// One writer's version of a digit or symbol that has these styles: one picked, its points
/// jittered, joined by splines, bent by a smooth random field, sheared, turned, scaled and moved,
/// wholly inside the image.
Polyline shape_glyph(const std::vector<Skeleton>& styles, ShapeDraws& draws);

}  // namespace credence
