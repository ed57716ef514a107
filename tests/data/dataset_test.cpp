#include "credence/data/dataset.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using Indices = std::vector<std::int64_t>;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tensor floats(Shape shape, float first) {
  Tensor tensor(shape);
  for (float& value : tensor.span<float>()) value = first++;
  return tensor;
}

/// Five examples of [2, 1], uint8: 0, 51 | 102, 153 | 204, 255 | 5, 10 | 15, 20.
InMemoryDataset pixels() {
  Tensor src({5, 2, 1}, DType::uint8);
  const std::vector<std::uint8_t> values = {0, 51, 102, 153, 204, 255, 5, 10, 15, 20};
  std::copy(values.begin(), values.end(), src.data<std::uint8_t>());
  return {"pixels", src, floats({5, 1}, 0), TargetInfo{.classes = 10, .labels = {}}};
}

TEST(InMemoryDataset, ReadsBytesAsFractionsInTheOrderAsked) {
  const InMemoryDataset dataset = pixels();
  EXPECT_EQ(dataset.size(), 5);
  EXPECT_EQ(dataset.src_shape(), (Shape{2, 1}));
  EXPECT_EQ(dataset.target_shape(), (Shape{1}));
  Tensor src({2, 2, 1}), target({2, 1});
  dataset.read(Indices{2, 0}, 0, src, target);
  EXPECT_FLOAT_EQ(src.data<float>()[0], 0.8f);
  EXPECT_FLOAT_EQ(src.data<float>()[1], 1.0f);
  EXPECT_FLOAT_EQ(src.data<float>()[2], 0.0f);
  EXPECT_FLOAT_EQ(src.data<float>()[3], 0.2f);
  EXPECT_EQ(target.data<float>()[0], 2.0f);
  EXPECT_EQ(target.data<float>()[1], 0.0f);
}

TEST(InMemoryDataset, LeavesRowsBeyondTheIndicesAlone) {
  Tensor src({3, 2, 1}), target({3, 1});
  src.fill(-7);
  target.fill(-7);
  pixels().read(Indices{1}, 0, src, target);
  EXPECT_FLOAT_EQ(src.data<float>()[1], 0.6f);
  for (int i : {2, 3, 4, 5}) EXPECT_EQ(src.data<float>()[i], -7.0f);
  for (int i : {1, 2}) EXPECT_EQ(target.data<float>()[i], -7.0f);
}

TEST(InMemoryDataset, ScalesAndShifts) {
  InMemoryDataset bytes = pixels();
  bytes.set_scaling(2.0f, -1.0f);
  InMemoryDataset reals("reals", floats({4, 3}, 0), floats({4, 2}, 0), {});
  Tensor src({1, 2, 1}), target({1, 1});
  bytes.read(Indices{3}, 0, src, target);
  EXPECT_EQ(src.data<float>()[0], 9.0f);
  EXPECT_EQ(src.data<float>()[1], 19.0f);

  Tensor real_src({1, 3}), real_target({1, 2});
  reals.read(Indices{1}, 0, real_src, real_target);
  EXPECT_EQ(real_src.data<float>()[2], 5.0f);
  EXPECT_EQ(real_target.data<float>()[1], 3.0f);
  reals.set_scaling(10.0f, 1.0f);
  reals.read(Indices{1}, 0, real_src, real_target);
  EXPECT_EQ(real_src.data<float>()[2], 51.0f);
  EXPECT_EQ(real_target.data<float>()[1], 3.0f);
}

TEST(InMemoryDataset, RefusesIndicesOutside) {
  Tensor src({2, 2, 1}), target({2, 1});
  const InMemoryDataset dataset = pixels();
  for (std::int64_t index : {-1, 5}) {
    EXPECT_THAT(
        [&] {
          dataset.read(Indices{0, index}, 0, src, target);
        },
        ThrowsMessage<DataError>(HasSubstr("there are 5")));
  }
}

TEST(InMemoryDataset, RefusesDestinationsThatDoNotFit) {
  const InMemoryDataset dataset = pixels();
  const auto read_into = [&](Tensor src, Tensor target) {
    return [&dataset, src, target] {
      Tensor to_src = src, to_target = target;
      dataset.read(Indices{0, 1}, 0, to_src, to_target);
    };
  };
  EXPECT_THAT(read_into(Tensor({1, 2, 1}), Tensor({2, 1})),
              ThrowsMessage<ShapeError>(HasSubstr("[2, 2, 1], got float32 [1, 2, 1]")));
  EXPECT_THROW(read_into(Tensor({2, 2}), Tensor({2, 1}))(), ShapeError);
  EXPECT_THROW(read_into(Tensor({2, 2, 1}), Tensor({2, 2}))(), ShapeError);
  EXPECT_THROW(read_into(Tensor({2, 2, 1}), Tensor({1, 1}))(), ShapeError);
  EXPECT_THROW(read_into(Tensor({2, 2, 1}, DType::float64), Tensor({2, 1}))(), ShapeError);
  EXPECT_THROW(read_into(Tensor(), Tensor({2, 1}))(), ShapeError);
  EXPECT_NO_THROW(read_into(Tensor({2, 2, 1}), Tensor({2, 1}))());
}

TEST(InMemoryDataset, RefusesTensorsThatDoNotGoTogether) {
  EXPECT_THROW(InMemoryDataset("x", Tensor({3, 2}), Tensor({2, 1}), {}), ShapeError);
  EXPECT_THROW(InMemoryDataset("x", Tensor({3, 2}, DType::float64), Tensor({3, 1}), {}),
               ShapeError);
  EXPECT_THROW(InMemoryDataset("x", Tensor({3, 2}), Tensor({3, 1}, DType::uint8), {}), ShapeError);
}

TEST(SubsetDataset, ReadsItsPart) {
  const auto whole = std::make_shared<InMemoryDataset>(pixels());
  const SubsetDataset subset(whole, 3, 2);
  EXPECT_EQ(subset.size(), 2);
  EXPECT_EQ(subset.target_info().classes, 10);
  Tensor src({2, 2, 1}), target({2, 1});
  subset.read(Indices{1, 0}, 0, src, target);
  EXPECT_EQ(target.data<float>()[0], 4.0f);
  EXPECT_EQ(target.data<float>()[1], 3.0f);
  EXPECT_FLOAT_EQ(src.data<float>()[0], 15.0f / 255.0f);
}

TEST(SubsetDataset, StaysInsideItsPart) {
  const auto whole = std::make_shared<InMemoryDataset>(pixels());
  const SubsetDataset subset(whole, 1, 2);
  Tensor src({1, 2, 1}), target({1, 1});
  EXPECT_THROW(subset.read(Indices{2}, 0, src, target), DataError);
  EXPECT_THROW(subset.read(Indices{-1}, 0, src, target), DataError);
  EXPECT_NO_THROW(SubsetDataset(whole, 5, 0));
  EXPECT_THROW(SubsetDataset(whole, 4, 2), DataError);
  EXPECT_THROW(SubsetDataset(whole, -1, 2), DataError);
  EXPECT_THROW(SubsetDataset(whole, 1, INT64_MAX), DataError);
}

TEST(Units, TakeEachTargetToItsOwn) {
  Tensor targets({2, 2});
  std::ranges::copy(std::array{0.0F, 1.0F, -1.0F, 2.0F}, targets.span<float>().begin());
  TargetInfo info;
  to_own_units(targets, info);
  EXPECT_THAT(targets.span<float>(), ::testing::ElementsAre(0, 1, -1, 2));
  info.units = {{.scale = 2, .shift = 10}, {.scale = 1, .shift = -1}};
  to_own_units(targets, info);
  EXPECT_THAT(targets.span<float>(), ::testing::ElementsAre(10, 0, 8, 1));
  info.units.pop_back();
  EXPECT_THROW(to_own_units(targets, info), ShapeError);
}

}  // namespace
}  // namespace credence
