#include "credence/data/unfamiliar.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "support/errors.h"
#include "support/statistics.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/data/digits.h"
#include "credence/data/symbols_skeletons.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

Tensor images_of(const Dataset& dataset, std::vector<std::int64_t> indices = {}) {
  if (indices.empty()) {
    indices.resize(static_cast<std::size_t>(dataset.size()));
    std::iota(indices.begin(), indices.end(), 0);
  }
  Tensor src(dataset.src_shape().prepend(std::ssize(indices)));
  Tensor target(dataset.target_shape().prepend(std::ssize(indices)));
  dataset.read(indices, 0, src, target);
  return src;
}

/// One image [4, 5, 2], all of whose elements differ.
std::shared_ptr<const Dataset> small_images(std::int64_t height = 4, std::int64_t width = 5) {
  Tensor src({1, height, width, 2}), target({1, 1});
  for (std::int64_t i = 0; i < src.size(); ++i)
    src.span<float>()[i] = static_cast<float>(i + 1) / 100;
  return std::make_shared<InMemoryDataset>("small", src, target, TargetInfo{.classes = 2});
}

Tensor turned(const std::shared_ptr<const Dataset>& images, double degrees) {
  return images_of(*rotated(images, {.least_degrees = degrees, .most_degrees = degrees}));
}

void expect_near(const Tensor& got, const Tensor& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::int64_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got.span<float>()[i], expected.span<float>()[i], tolerance) << i;
}

TEST(Rotated, ByAQuarterPutsTheRightColumnOnTop) {
  const auto images = small_images(5, 5);
  const Tensor upright = images_of(*images), quarter = turned(images, 90);
  for (std::int64_t row = 0; row < 5; ++row)
    for (std::int64_t column = 0; column < 5; ++column)
      for (std::int64_t c = 0; c < 2; ++c)
        EXPECT_NEAR(quarter.span<float>()[(row * 5 + column) * 2 + c],
                    upright.span<float>()[(column * 5 + 4 - row) * 2 + c], 1e-6);
}

TEST(Rotated, ByAHalfReversesAndByNothingKeeps) {
  const auto images = small_images();
  Tensor reversed = images_of(*images).clone();
  for (std::int64_t pixel = 0; pixel < 20; ++pixel)
    for (std::int64_t c = 0; c < 2; ++c)
      reversed.span<float>()[pixel * 2 + c] =
          images_of(*images).span<float>()[(19 - pixel) * 2 + c];
  expect_near(turned(images, 180), reversed, 1e-6);
  expect_near(turned(images, 0), images_of(*images), 0);
  expect_near(turned(images, -90), turned(images, 270), 0);
}

TEST(Rotated, InterpolatesAndIsBlackOutside) {
  Tensor src({1, 3, 3, 1}), target({1, 1});
  src.fill(1);
  const auto white =
      std::make_shared<InMemoryDataset>("white", src, target, TargetInfo{.classes = 2});
  const Tensor diagonal = turned(white, 45);
  // The corner came from (1, 1 + sqrt 2), 0.414 pixels beyond the edge; the edge from inside.
  EXPECT_NEAR(diagonal.span<float>()[0], 2 - std::sqrt(2.0), 1e-5);
  EXPECT_NEAR(diagonal.span<float>()[1], 1, 1e-5);
  EXPECT_NEAR(diagonal.span<float>()[4], 1, 1e-6);
}

TEST(Rotated, DrawsAnAngleOfItsOwnForEachImage) {
  // A white pixel at the right of the middle moves to where the angle says.
  constexpr std::int64_t n = 2000, side = 41;
  Tensor src({n, side, side, 1}), target({n, 1});
  for (std::int64_t i = 0; i < n; ++i) src.span<float>()[(i * side + 20) * side + 36] = 1;
  const auto images =
      std::make_shared<InMemoryDataset>("points", src, target, TargetInfo{.classes = 2});
  const Tensor moved = images_of(*rotated(images));
  std::vector<double> places;
  for (std::int64_t i = 0; i < n; ++i) {
    double x = 0, y = 0, mass = 0;
    for (std::int64_t p = 0; p < side * side; ++p) {
      const double value = moved.span<float>()[i * side * side + p];
      x += value * static_cast<double>(p % side - 20);
      y += value * static_cast<double>(20 - p / side);
      mass += value;
    }
    const double degrees = std::atan2(y / mass, x / mass) * 180 / 3.14159265358979;
    EXPECT_GT(degrees, 58);
    EXPECT_LT(degrees, 122);
    places.push_back(std::clamp((degrees - 60) / 60, 0.0, 0.999999));
  }
  EXPECT_LT(std::abs(test::mean_z(std::span<const double>(places), 0.5, 1.0 / 12)), 4);  // n = 2000
  EXPECT_LT(test::chi_squared_z(test::bin_unit(places, 5)), 4);
}

TEST(Noised, AddsNormalNoiseAndClamps) {
  constexpr std::int64_t n = 50;
  Tensor src({n, 30, 30, 1}), target({n, 1});
  src.fill(0.5);
  const auto grey =
      std::make_shared<InMemoryDataset>("grey", src, target, TargetInfo{.classes = 2});
  const Tensor gentle = images_of(*noised(grey, {.sigma = 0.05}));
  std::vector<double> noise, squares;
  for (const float value : gentle.span<float>()) {
    noise.push_back((value - 0.5) / 0.05);
    squares.push_back(noise.back() * noise.back());
  }
  EXPECT_LT(std::abs(test::mean_z(std::span<const double>(noise), 0, 1)), 4);  // n = 45000
  EXPECT_LT(std::abs(test::mean_z(std::span<const double>(squares), 1, 2)), 4);
  const Tensor strong = images_of(*noised(grey, {.sigma = 1}));
  const auto [least, most] = std::ranges::minmax(strong.span<float>());
  EXPECT_EQ(least, 0);
  EXPECT_EQ(most, 1);
  expect_near(images_of(*noised(grey, {.sigma = 0})), images_of(*grey), 0);
}

TEST(Unfamiliar, AnExampleDependsOnSeedAndIndexAlone) {
  const auto test = make_digits({.train_count = 1, .test_count = 300}).test;
  const int threads = thread_count();
  for (const std::string& name : unfamiliar_names()) {
    set_thread_count(1);
    const auto set = make_unfamiliar(name, test);
    const Tensor all = images_of(*set);
    set_thread_count(3);
    const Tensor some = images_of(*make_unfamiliar(name, test), {299, 17, 18});
    set_thread_count(threads);
    EXPECT_EQ(set->size(), 300);
    EXPECT_EQ(set->name(), name);
    EXPECT_EQ(set->src_shape(), test->src_shape());
    expect_near(some.rows(0, 1), all.rows(299, 1), 0);
    expect_near(some.rows(1, 2), all.rows(17, 2), 0);
    for (const float value : all.span<float>()) ASSERT_TRUE(value >= 0 && value <= 1) << name;
  }
  const Tensor other = images_of(*noised(test, {.seed = 1})), usual = images_of(*noised(test));
  EXPECT_FALSE(std::ranges::equal(other.span<float>(), usual.span<float>()));
}

TEST(Symbols, AreDrawnWhollyAndNoTwoAreEqual) {
  const std::size_t kinds = symbol_skeletons().size();
  const Tensor all = images_of(*symbols({.count = static_cast<std::int64_t>(20 * kinds)}));
  std::set<std::vector<float>> seen;
  for (std::size_t n = 0; n < 20 * kinds; ++n) {
    const auto image = all.span<float>().subspan(n * 784, 784);
    seen.emplace(image.begin(), image.end());
    const float ink = std::accumulate(image.begin(), image.end(), 0.0F);
    EXPECT_GT(ink, 20) << symbol_skeletons()[n % kinds].name;
    EXPECT_LT(ink, 350) << symbol_skeletons()[n % kinds].name;
    for (std::size_t column = 0; column < 28; ++column)  // a frame without ink, but for grain
      EXPECT_LT(std::max(image[column], image[27 * 28 + column]), 0.5);
  }
  EXPECT_EQ(seen.size(), 20 * kinds);
}

/// Figures in the documentation were measured on these very bytes.
TEST(Symbols, BytesNeverChange) {
  std::uint64_t hash = 0xcbf29ce484222325;  // 64-bit FNV-1a
  const Tensor images = images_of(*symbols({.count = 500}));
  for (const float pixel : images.span<float>())
    hash = (hash ^ static_cast<std::uint8_t>(std::lround(pixel * 255.0F))) * 0x100000001b3;
  EXPECT_EQ(hash, 0x34c28c273b2c8d20U);
}

TEST(Unfamiliar, RefusesWhatItCannotMake) {
  const auto table = std::make_shared<InMemoryDataset>("table", Tensor({3, 4}), Tensor({3, 1}),
                                                       TargetInfo{.classes = 2});
  for (const char* name : {"rotated", "noised"})
    EXPECT_THAT(message_of<DataError>([&] { make_unfamiliar(name, table); }),
                ::testing::AllOf(HasSubstr(name), HasSubstr("\"table\""), HasSubstr("[4]")));
  EXPECT_THAT(message_of<DataError>([] { make_unfamiliar("symbols", small_images()); }),
              ::testing::AllOf(HasSubstr("[28, 28, 1]"), HasSubstr("[4, 5, 2]")));
  EXPECT_THAT(message_of<ConfigError>([] { check_unfamiliar_name("rotatd"); }),
              HasSubstr("did you mean \"rotated\""));
  EXPECT_THROW(rotated(small_images(), {.least_degrees = 2, .most_degrees = 1}), ConfigError);
  EXPECT_THROW(noised(small_images(), {.sigma = -1}), ConfigError);
  EXPECT_THROW(symbols({.count = 0}), ConfigError);
}

}  // namespace
}  // namespace credence
