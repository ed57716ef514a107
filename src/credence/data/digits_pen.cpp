#include "credence/data/digits_pen.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace credence {
namespace {

/// For each pixel the smallest squared distance to the line, in pen widths. Rows are padded so that
/// the inner loop has a fixed length.
class DistanceMap {
 public:
  static constexpr int stride = 32;

  DistanceMap() { nearest_.fill(1e9F); }

  void draw(const Vertex& from, const Vertex& to, float reach) {
    const float dx = to.at.x - from.at.x;
    const float dy = to.at.y - from.at.y;
    const float length2 = dx * dx + dy * dy;
    const float inverse = length2 > 0.0F ? 1.0F / length2 : 0.0F;
    const float width = 0.5F * (from.width + to.width);
    const float scale = 1.0F / (width * width);
    const int top = std::max(0, static_cast<int>(std::min(from.at.y, to.at.y) - reach));
    const int bottom =
        std::min(digit_side - 1, static_cast<int>(std::max(from.at.y, to.at.y) + reach));
    for (int row = top; row <= bottom; ++row) {
      float* nearest = nearest_.data() + row * stride;
      const float y = static_cast<float>(row) + 0.5F - from.at.y;
      for (int column = 0; column < stride; ++column) {
        const float x = static_cast<float>(column) + 0.5F - from.at.x;
        float t = (x * dx + y * dy) * inverse;
        t = t < 0.0F ? 0.0F : t;
        t = t > 1.0F ? 1.0F : t;
        const float away_x = x - t * dx;
        const float away_y = y - t * dy;
        const float distance = (away_x * away_x + away_y * away_y) * scale;
        nearest[column] = distance < nearest[column] ? distance : nearest[column];
      }
    }
  }

  float at(int row, int column) const {
    return nearest_[static_cast<std::size_t>(row) * stride + static_cast<std::size_t>(column)];
  }

 private:
  std::array<float, digit_side * stride> nearest_;
};

}  // namespace

void write_glyph(const std::vector<Skeleton>& styles, std::span<const float, digit_draws> draws,
                 std::span<std::uint8_t, digit_pixels> image) {
  ShapeDraws shape(draws.first<digit_shape_draws>());
  Polyline line = shape_glyph(styles, shape);
  const float radius = shape.around(1.15F, 0.5F);
  const float blur = shape.between(0.9F, 1.8F);
  const float ink = shape.between(190.0F, 255.0F);
  const float grain = shape.between(0.0F, 24.0F);

  DistanceMap map;
  const float reach = max_pen_width * (radius + 0.5F * blur) + 1.0F;
  const auto vertices = line.vertices();
  for (std::size_t i = 1; i < vertices.size(); ++i)
    if (!vertices[i].lifted) map.draw(vertices[i - 1], vertices[i], reach);
  for (int row = 0; row < digit_side; ++row)
    for (int column = 0; column < digit_side; ++column) {
      const int pixel = row * digit_side + column;
      const float distance = radius * std::sqrt(map.at(row, column));
      const float cover = std::clamp(0.5F + (radius - distance) / blur, 0.0F, 1.0F);
      const float smooth = cover * cover * (3.0F - 2.0F * cover);
      const float noise = grain * (draws[digit_shape_draws + pixel] - 0.5F);
      const float value = std::clamp(ink * smooth + noise + 0.5F, 0.5F, 255.5F);
      image[static_cast<std::size_t>(pixel)] = static_cast<std::uint8_t>(value);  // the nearest
    }
}

}  // namespace credence
