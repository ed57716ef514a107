#include "credence/records/image.h"

#include <algorithm>
#include <cmath>

#include <zlib.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

void append_big_endian(std::string& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
}

void append_chunk(std::string& png, const std::string& type, const std::string& data) {
  append_big_endian(png, static_cast<std::uint32_t>(data.size()));
  const std::string content = type + data;
  png += content;
  append_big_endian(
      png, static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(content.data()),
                                              static_cast<uInt>(content.size()))));
}

std::string deflated(const std::string& bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string packed(size, '\0');
  const int result = ::compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                                reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  require<InternalError>(result == Z_OK, "image: zlib cannot compress: ", result);
  packed.resize(size);
  return packed;
}

}  // namespace

std::string png_of(const Image& image) {
  const std::size_t line = static_cast<std::size_t>(image.width) * image.channels;
  require<InternalError>(image.pixels.size() == line * image.height, "image: expected ",
                         line * image.height, " bytes, got ", image.pixels.size());
  std::string header;
  append_big_endian(header, static_cast<std::uint32_t>(image.width));
  append_big_endian(header, static_cast<std::uint32_t>(image.height));
  header += {8, static_cast<char>(image.channels == 3 ? 2 : 0), 0, 0, 0};
  std::string lines;
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y) {
    lines += '\0';  // no filter
    lines.append(reinterpret_cast<const char*>(image.pixels.data() + y * line), line);
  }
  std::string png = "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", deflated(lines));
  append_chunk(png, "IEND", "");
  return png;
}

Image kernel_image(const Tensor& filters) {
  constexpr std::int64_t most_filters = 64;
  constexpr std::int64_t gap = 2;
  const Shape& shape = filters.shape();
  require<ShapeError>(shape.rank() == 4,
                      "kernel image: expected [filters, channels, height, width], got ", shape);
  const std::int64_t count = std::min(shape[0], most_filters);
  const std::int64_t channels = shape[1] == 3 ? 3 : 1;
  const std::int64_t height = shape[2], width = shape[3];
  const std::int64_t scale = std::max<std::int64_t>(1, 32 / std::max(height, width));
  const auto columns = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const std::int64_t rows = (count + columns - 1) / columns;
  const std::int64_t cell_width = width * scale + gap, cell_height = height * scale + gap;

  const std::span<const float> weights = filters.span<float>();
  const auto weight = [&](std::int64_t filter, std::int64_t channel, std::int64_t y,
                          std::int64_t x) {
    return weights[static_cast<std::size_t>(((filter * shape[1] + channel) * height + y) * width +
                                            x)];
  };
  const auto [least, most] = std::ranges::minmax(weights);
  const float range = most > least ? most - least : 1;

  Image image{.width = static_cast<int>(columns * cell_width + gap),
              .height = static_cast<int>(rows * cell_height + gap),
              .channels = static_cast<int>(channels)};
  image.pixels.assign(static_cast<std::size_t>(image.width) * image.height * channels, 128);
  for (std::int64_t filter = 0; filter < count; ++filter) {
    const std::int64_t left = gap + filter % columns * cell_width;
    const std::int64_t top = gap + filter / columns * cell_height;
    for (std::int64_t y = 0; y < height * scale; ++y)
      for (std::int64_t x = 0; x < width * scale; ++x)
        for (std::int64_t channel = 0; channel < channels; ++channel) {
          const float part = (weight(filter, channel, y / scale, x / scale) - least) / range;
          image.pixels[static_cast<std::size_t>(((top + y) * image.width + left + x) * channels +
                                                channel)] =
              static_cast<std::uint8_t>(std::lround(255 * std::clamp(part, 0.0F, 1.0F)));
        }
  }
  return image;
}

}  // namespace credence
