#include "credence/tensor/tensor.h"

#include <cstdint>

#include "support/errors.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Tensor, WithoutMemoryHasNoElements) {
  EXPECT_EQ(Tensor().size(), 0);
  EXPECT_TRUE(Tensor().empty());
  EXPECT_EQ(Tensor({3, 0}).size(), 0);
  EXPECT_EQ(Tensor(Shape{}).size(), 1);
}

TEST(Tensor, BeginsWithZerosOnACacheLine) {
  for (const std::int64_t size : {1, 63, 1000}) {
    const Tensor tensor({size});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.raw()) % 64, 0u);
    for (const float element : tensor.span<float>()) EXPECT_EQ(element, 0);
  }
}

TEST(Tensor, ViewsShareMemoryAndClonesDoNot) {
  Tensor tensor({3, 2});
  Tensor row = tensor.rows(1, 1), flat = tensor.reshaped({6}), copy = tensor.clone();
  row.fill(7);
  EXPECT_THAT(flat.span<float>(), ElementsAre(0, 0, 7, 7, 0, 0));
  EXPECT_THAT(tensor.window(3, {2}).span<float>(), ElementsAre(7, 0));
  EXPECT_THAT(copy.span<float>(), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(Tensor, RefusesViewsThatDoNotFit) {
  const Tensor tensor({3, 2});
  using credence::testing::message_of;
  EXPECT_THAT(message_of<ShapeError>([&] { (void)tensor.rows(2, 2); }),
              HasSubstr("rows 2 to 4 asked of shape [3, 2]"));
  EXPECT_THAT(message_of<ShapeError>([&] { (void)tensor.reshaped({5}); }),
              HasSubstr("cannot reshape [3, 2] to [5]"));
  EXPECT_THAT(message_of<ShapeError>([&] { (void)tensor.window(4, {3}); }),
              HasSubstr("[3] from element 4 on does not fit in [3, 2]"));
  EXPECT_THAT(message_of<InternalError>([&] { (void)tensor.span<double>(); }),
              HasSubstr("holds float32, asked for float64"));
}

TEST(Tensor, RefusesMoreElementsThanCanBeCounted) {
  constexpr std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_THROW((Tensor(Shape{huge, huge})), MemoryError);
  EXPECT_THROW((Tensor(Shape{huge, 0, huge})), MemoryError);
  EXPECT_EQ((Tensor(Shape{huge, 0})).size(), 0);
}

TEST(Tensor, SaysWhatDoesNotFitInMemory) {
  try {
    Tensor(Shape{1 << 20, 1 << 30});
    FAIL() << "expected a MemoryError";
  } catch (const MemoryError& error) {
    EXPECT_THAT(error.what(), AllOf(StartsWith("out of memory: 4.0 PiB asked for"),
                                    EndsWith(", for float32 [1048576, 1073741824]")));
  }
}

}  // namespace
}  // namespace credence
