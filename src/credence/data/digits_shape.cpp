#include "credence/data/digits_shape.h"

namespace credence {
namespace {

/// The most that the line itself, without the pen's width, extends.
constexpr float digit_extent = 22.0F;

/// A displacement that varies smoothly over the drawing: uniform cubic B-splines over 5 x 5 random
/// knots, two cells a side of [-0.6, 0.6]^2.
class ElasticField {
 public:
  ElasticField(ShapeDraws& draws, float amplitude) {
    for (auto& knot : knots_)
      knot = {draws.between(-amplitude, amplitude), draws.between(-amplitude, amplitude)};
  }

  PenPoint operator()(PenPoint p) const {
    const auto [column, across] = cell(p.x);
    const auto [row, down] = cell(p.y);
    PenPoint sum{0.0F, 0.0F};
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) {
        const float weight = down[i] * across[j];
        const PenPoint knot = knots_[(row + i) * 5 + column + j];
        sum = {sum.x + weight * knot.x, sum.y + weight * knot.y};
      }
    return sum;
  }

 private:
  struct Cell {
    int first;
    std::array<float, 4> weights;
  };
  static Cell cell(float coordinate) {
    const float place = std::clamp((coordinate + 0.6F) / 0.6F, 0.0F, 1.999F);
    const int first = static_cast<int>(place);
    const float t = place - static_cast<float>(first);
    const float s = 1.0F - t;
    const float t2 = t * t;
    const float t3 = t2 * t;
    return {first,
            {s * s * s / 6.0F, (3.0F * t3 - 6.0F * t2 + 4.0F) / 6.0F,
             (-3.0F * t3 + 3.0F * t2 + 3.0F * t + 1.0F) / 6.0F, t3 / 6.0F}};
  }
  std::array<PenPoint, 25> knots_;
};

/// The Catmull-Rom spline between b and c.
PenPoint spline(PenPoint a, PenPoint b, PenPoint c, PenPoint d, float t) {
  const auto axis = [t](float p, float q, float r, float s) {
    return q +
           0.5F * t *
               (r - p + t * (2.0F * p - 5.0F * q + 4.0F * r - s + t * (3.0F * (q - r) + s - p)));
  };
  return {axis(a.x, b.x, c.x, d.x), axis(a.y, b.y, c.y, d.y)};
}

/// Traces a stroke whose points are moved a little, in the box [-0.5, 0.5]^2.
void trace(const Stroke& stroke, float jitter, ShapeDraws& draws, Polyline& line) {
  constexpr int pieces = 4;
  std::array<PenPoint, 16> points;
  const int count = static_cast<int>(stroke.size());
  for (int i = 0; i < count; ++i) {
    const bool corner = i > 0 && stroke[i] == stroke[i - 1];
    points[i] = corner ? points[i - 1]
                       : PenPoint{(stroke[i].x - 50.0F) / 100.0F + draws.between(-jitter, jitter),
                                  (stroke[i].y - 50.0F) / 100.0F + draws.between(-jitter, jitter)};
  }
  const float begin = draws.between(0.8F, max_pen_width);
  const float end = draws.between(0.75F, 1.15F);
  line.add({points[0], begin, true});
  for (int i = 0; i + 1 < count; ++i) {
    if (points[i] == points[i + 1]) continue;
    const PenPoint before = points[std::max(i - 1, 0)];
    const PenPoint after = points[std::min(i + 2, count - 1)];
    for (int piece = 1; piece <= pieces; ++piece) {
      const float t = static_cast<float>(piece) / pieces;
      const float along = (static_cast<float>(i) + t) / static_cast<float>(count - 1);
      line.add({spline(before, points[i], points[i + 1], after, t), begin + (end - begin) * along,
                false});
    }
  }
}

/// Turns, shears and scales the drawing and lays it on the image; the unit becomes the pixel.
void place(std::span<Vertex> line, ShapeDraws& draws) {
  const float height = draws.between(15.0F, 20.5F);
  const float width = height * draws.around(0.9F, 0.3F);
  const float shear = draws.around(-0.1F, 0.5F);
  // A rotation by rational numbers: 2 atan(half) = +-17 degrees.
  const float half = draws.around(0.0F, 0.18F);
  const float cosine = (1.0F - half * half) / (1.0F + half * half);
  const float sine = 2.0F * half / (1.0F + half * half);
  PenPoint low{1e9F, 1e9F};
  PenPoint high{-1e9F, -1e9F};
  for (auto& vertex : line) {
    const float x = width * (vertex.at.x + shear * vertex.at.y);
    const float y = height * vertex.at.y;
    vertex.at = {cosine * x - sine * y, sine * x + cosine * y};
    low = {std::min(low.x, vertex.at.x), std::min(low.y, vertex.at.y)};
    high = {std::max(high.x, vertex.at.x), std::max(high.y, vertex.at.y)};
  }
  const float extent = std::max(high.x - low.x, high.y - low.y);
  const float fit = std::min(1.0F, digit_extent / extent);
  const auto offset = [&draws, fit](float from, float to) {
    const float slack = (digit_extent - fit * (to - from)) / 2.0F;
    return draws.around(digit_side / 2.0F - fit * (from + to) / 2.0F,
                        std::clamp(slack, 0.0F, 3.5F));
  };
  const PenPoint shift{offset(low.x, high.x), offset(low.y, high.y)};
  for (auto& vertex : line) vertex.at = {fit * vertex.at.x + shift.x, fit * vertex.at.y + shift.y};
}

}  // namespace

Polyline shape_glyph(const std::vector<Skeleton>& styles, ShapeDraws& draws) {
  const int style = draws.below(static_cast<int>(styles.size()));
  // Most writers are careful, a few are not.
  const float haste = draws.between(0.0F, 1.0F);
  const float carelessness = 0.75F + haste * haste * haste;
  Polyline line;
  for (const auto& stroke : styles[static_cast<std::size_t>(style)])
    trace(stroke, 0.04F * carelessness, draws, line);
  const ElasticField field(draws, 0.155F * carelessness);
  for (auto& vertex : line.vertices()) {
    const PenPoint moved = field(vertex.at);
    vertex.at = {vertex.at.x + moved.x, vertex.at.y + moved.y};
  }
  place(line.vertices(), draws);
  return line;
}

}  // namespace credence
