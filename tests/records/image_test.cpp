#include "credence/records/image.h"

#include <cstring>

#include <gmock/gmock.h>
#include <zlib.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::ElementsAre;

std::uint32_t number_at(const std::string& bytes, std::size_t place) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes.at(place + i));
  return number;
}

/// The data of the chunk of that type that begins at `place`, which moves behind it.
std::string take_chunk(const std::string& png, std::size_t& place, const std::string& type) {
  const std::uint32_t length = number_at(png, place);
  EXPECT_EQ(png.substr(place + 4, 4), type);
  const std::string data = png.substr(place + 8, length);
  const std::string content = type + data;
  EXPECT_EQ(number_at(png, place + 8 + length),
            ::crc32(0, reinterpret_cast<const Bytef*>(content.data()),
                    static_cast<uInt>(content.size())));
  place += 12 + length;
  return data;
}

std::string inflated(const std::string& bytes, std::size_t size) {
  std::string text(size, '\0');
  uLongf length = size;
  EXPECT_EQ(::uncompress(reinterpret_cast<Bytef*>(text.data()), &length,
                         reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()),
            Z_OK);
  EXPECT_EQ(length, size);
  return text;
}

TEST(Png, HoldsThePixels) {
  const Image image{
      .width = 2, .height = 2, .channels = 3, .pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}};
  const std::string png = png_of(image);
  ASSERT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  std::size_t place = 8;
  const std::string header = take_chunk(png, place, "IHDR");
  EXPECT_EQ(number_at(header, 0), 2U);
  EXPECT_EQ(number_at(header, 4), 2U);
  EXPECT_EQ(header.substr(8), std::string("\x08\x02\0\0\0", 5));  // 8 bits of red, green and blue
  const std::string lines = inflated(take_chunk(png, place, "IDAT"), 14);
  EXPECT_EQ(lines, std::string("\0\1\2\3\4\5\6\0\7\10\11\12\13\377", 14));
  EXPECT_EQ(take_chunk(png, place, "IEND"), "");
  EXPECT_EQ(place, png.size());
}

TEST(Png, RefusesPixelsThatAreMissing) {
  EXPECT_THROW(png_of({.width = 2, .height = 1, .pixels = {1}}), InternalError);
}

TEST(KernelImage, HasFiltersSideBySideFromBlackToWhite) {
  Tensor filters({3, 1, 1, 1});
  filters.span<float>()[0] = -1;
  filters.span<float>()[2] = 1;
  const Image image = kernel_image(filters);  // cells of 32 pixels, 2 between them, 2 in a row
  EXPECT_EQ(image.width, 70);
  EXPECT_EQ(image.height, 70);
  const auto pixel = [&](int x, int y) {
    return image.pixels[static_cast<std::size_t>(y * image.width + x)];
  };
  EXPECT_EQ(pixel(2, 2), 0);
  EXPECT_EQ(pixel(33, 33), 0);
  EXPECT_EQ(pixel(34, 2), 128);  // between them
  EXPECT_EQ(pixel(36, 2), 128);
  EXPECT_EQ(pixel(2, 36), 255);
  EXPECT_EQ(pixel(36, 36), 128);  // no filter
}

TEST(KernelImage, ShowsThreeChannelsInColour) {
  Tensor filters({1, 3, 1, 2});
  for (std::size_t i = 0; i < 6; ++i) filters.span<float>()[i] = static_cast<float>(i);
  const Image image = kernel_image(filters);
  ASSERT_EQ(image.channels, 3);
  const auto colour = [&](int x, int y) {
    const std::uint8_t* const at = image.pixels.data() + 3 * (y * image.width + x);
    return std::vector<int>(at, at + 3);
  };
  EXPECT_THAT(colour(2, 2), ElementsAre(0, 102, 204));
  EXPECT_THAT(colour(2 + 16, 2), ElementsAre(51, 153, 255));
}

TEST(KernelImage, RefusesWhatIsNoConvolution) {
  EXPECT_THROW(kernel_image(Tensor({3, 4})), ShapeError);
}

}  // namespace
}  // namespace credence
