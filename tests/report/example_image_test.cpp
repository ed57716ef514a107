#include "credence/report/example_image.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

Tensor filled(Shape shape, std::initializer_list<float> values) {
  Tensor tensor(shape);
  std::ranges::copy(values, tensor.data<float>());
  return tensor;
}

TEST(ExampleImage, KeepsNumbersFromZeroToOne) {
  const ExampleImage image = example_image(filled({2, 2, 1}, {0, 0.2F, 0.4F, 0.6F}));
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.channels, 1);
  EXPECT_THAT(image.pixels, ElementsAre(0, 51, 102, 153));
}

TEST(ExampleImage, SpreadsOtherNumbersFromBlackToWhite) {
  EXPECT_THAT(example_image(filled({2, 2}, {-1, 0, 1, 4})).pixels, ElementsAre(0, 51, 102, 255));
}

TEST(ExampleImage, MakesALargeOneSmallerByMeans) {
  Tensor tensor({4, 6, 3});
  for (std::int64_t i = 0; i < tensor.size(); ++i)
    tensor.span<float>()[static_cast<std::size_t>(i)] =
        i % 3 == 0 ? static_cast<float>(i / 3 % 2) : 0.2F;
  const ExampleImage image = example_image(tensor, 3);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 3);
  ASSERT_EQ(image.pixels.size(), 18U);
  for (std::size_t i = 0; i < 18; i += 3) {
    EXPECT_EQ(image.pixels[i], 128);
    EXPECT_EQ(image.pixels[i + 1], 51);
  }
}

TEST(ExampleImage, IsNoneOfWhatIsNoPicture) {
  EXPECT_TRUE(example_image(Tensor({7})).empty());
  EXPECT_TRUE(example_image(Tensor({4, 4, 2})).empty());
  EXPECT_TRUE(example_image(Tensor({1, 9, 1})).empty());
  EXPECT_TRUE(example_image(filled({2, 2}, {0, 0, NAN, 1})).empty());
}

}  // namespace
}  // namespace credence
