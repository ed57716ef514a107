#include "credence/report/example_image.h"

#include <algorithm>
#include <cmath>

namespace credence {
namespace {

struct Scale {
  double least = 0, range = 1;
};

Scale scale_of(std::span<const float> values) {
  const auto [least, most] = std::ranges::minmax_element(values);
  if (*least >= 0 && *most <= 1) return {};
  const double range = static_cast<double>(*most) - static_cast<double>(*least);
  return {.least = *least, .range = range > 0 ? range : 1};
}

}  // namespace

ExampleImage example_image(const Tensor& src, std::int64_t most) {
  const Shape& shape = src.shape();
  const bool has_channels = shape.rank() == 3;
  if ((!has_channels && shape.rank() != 2) || src.dtype() != DType::float32) return {};
  const std::int64_t height = shape[0], width = shape[1], channels = has_channels ? shape[2] : 1;
  if ((channels != 1 && channels != 3) || std::min(height, width) < 2) return {};
  const std::span<const float> values = src.span<float>();
  if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) return {};

  const Scale scale = scale_of(values);
  const std::int64_t side = (std::max(height, width) + most - 1) / most;  // of a square
  ExampleImage image{
      .height = height / side, .width = width / side, .channels = channels, .pixels = {}};
  for (std::int64_t y = 0; y < image.height; ++y)
    for (std::int64_t x = 0; x < image.width; ++x)
      for (std::int64_t channel = 0; channel < channels; ++channel) {
        double sum = 0;
        for (std::int64_t i = 0; i < side * side; ++i) {
          const std::int64_t row = y * side + i / side, column = x * side + i % side;
          sum += values[static_cast<std::size_t>((row * width + column) * channels + channel)];
        }
        const double mean = sum / static_cast<double>(side * side);
        image.pixels.push_back(static_cast<std::uint8_t>(
            std::lround(255 * std::clamp((mean - scale.least) / scale.range, 0.0, 1.0))));
      }
  return image;
}

}  // namespace credence
