#include "credence/data/unfamiliar.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "credence/base/portable_math.h"
#include "credence/base/registry.h"
#include "credence/data/transformed_images.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

struct ImageShape {
  std::int64_t height, width, channels;
};

ImageShape image_shape(const Dataset& images) {
  const Shape shape = images.src_shape();
  return {shape[0], shape[1], shape[2]};
}

/// Writes `src` turned by the angle to `dst`: each pixel looks up where it came from.
void turn(std::span<const float> src, std::span<float> dst, const ImageShape& shape,
          const portable::SineCosine& angle) {
  const auto [height, width, channels] = shape;
  const auto middle_y = static_cast<float>(height - 1) / 2;
  const auto middle_x = static_cast<float>(width - 1) / 2;
  const auto at = [&](std::int64_t y, std::int64_t x, std::int64_t c) {
    const bool inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
    const std::int64_t i = (y * shape.width + x) * shape.channels + c;
    return inside ? src[static_cast<std::size_t>(i)] : 0.0F;
  };
  std::size_t i = 0;
  for (std::int64_t row = 0; row < height; ++row)
    for (std::int64_t column = 0; column < width; ++column) {
      const float dy = static_cast<float>(row) - middle_y;
      const float dx = static_cast<float>(column) - middle_x;
      const float y = middle_y + angle.cosine * dy + angle.sine * dx;
      const float x = middle_x - angle.sine * dy + angle.cosine * dx;
      const auto top = static_cast<std::int64_t>(std::floor(y));
      const auto left = static_cast<std::int64_t>(std::floor(x));
      const float down = y - static_cast<float>(top), across = x - static_cast<float>(left);
      for (std::int64_t c = 0; c < channels; ++c, ++i)
        dst[i] = (1 - down) * ((1 - across) * at(top, left, c) + across * at(top, left + 1, c)) +
                 down * ((1 - across) * at(top + 1, left, c) + across * at(top + 1, left + 1, c));
    }
}

using Maker = std::shared_ptr<const Dataset> (*)(std::shared_ptr<const Dataset> test);

std::shared_ptr<const Dataset> symbols_like(std::shared_ptr<const Dataset> test) {
  const Shape made{28, 28, 1};
  require<DataError>(test->src_shape() == made, "symbols: they are images ", made,
                     ", the examples of data set \"", test->name(), "\" are ", test->src_shape());
  return symbols({.count = test->size()});
}

const Registry<Maker>& makers() {
  static const Registry<Maker> table(
      "unfamiliar set",
      {
          {"rotated", [](std::shared_ptr<const Dataset> test) { return rotated(std::move(test)); }},
          {"noised", [](std::shared_ptr<const Dataset> test) { return noised(std::move(test)); }},
          {"symbols", symbols_like},
      });
  return table;
}

}  // namespace

std::shared_ptr<const Dataset> rotated(std::shared_ptr<const Dataset> images,
                                       const RotatedOptions& options) {
  require<ConfigError>(options.least_degrees <= options.most_degrees,
                       "rotated: expected a least angle up to the most one, got ",
                       options.least_degrees, " and ", options.most_degrees);
  const NoiseKey key = noise_key(options.seed, Stream::augment, "rotated");
  const auto dataset = images.get();  // kept by the result
  return std::make_shared<TransformedImages>(
      "rotated", std::move(images),
      [options, key, dataset](std::int64_t index, std::span<float> image) {
        std::array<float, 1> draw{};
        fill_uniform(draw, key, {.example = static_cast<std::uint32_t>(index)});
        const double degrees =
            options.least_degrees + (options.most_degrees - options.least_degrees) * draw[0];
        const double turns = degrees / 360 - std::floor(degrees / 360);
        const auto word = static_cast<std::uint32_t>(static_cast<std::uint64_t>(turns * 0x1p32));
        const std::vector<float> upright(image.begin(), image.end());
        turn(upright, image, image_shape(*dataset), portable::sine_cosine(word));
      });
}

std::shared_ptr<const Dataset> noised(std::shared_ptr<const Dataset> images,
                                      const NoisedOptions& options) {
  require<ConfigError>(options.sigma >= 0, "noised: expected a sigma of at least 0, got ",
                       options.sigma);
  const NoiseKey key = noise_key(options.seed, Stream::augment, "noised");
  const auto sigma = static_cast<float>(options.sigma);
  return std::make_shared<TransformedImages>(
      "noised", std::move(images), [key, sigma](std::int64_t index, std::span<float> image) {
        std::vector<float> noise(image.size());
        fill_normal(noise, key, {.example = static_cast<std::uint32_t>(index)});
        for (std::size_t i = 0; i < image.size(); ++i)
          image[i] = std::clamp(image[i] + sigma * noise[i], 0.0F, 1.0F);
      });
}

std::vector<std::string> unfamiliar_names() {
  return makers().names();
}

void check_unfamiliar_name(const std::string& name) {
  makers().find(name);
}

std::shared_ptr<const Dataset> make_unfamiliar(const std::string& name,
                                               std::shared_ptr<const Dataset> test) {
  return makers().find(name)(std::move(test));
}

}  // namespace credence
