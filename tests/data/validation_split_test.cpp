#include "credence/data/validation_split.h"

#include <algorithm>
#include <numeric>

#include "support/statistics.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Examples whose input and target are their number.
std::shared_ptr<const Dataset> numbers(std::int64_t count) {
  Tensor src({count, 1}), target({count, 1});
  std::iota(src.data<float>(), src.data<float>() + count, 0.0F);
  std::iota(target.data<float>(), target.data<float>() + count, 0.0F);
  return std::make_shared<InMemoryDataset>("numbers", src, target, TargetInfo{.classes = 3});
}

std::vector<double> examples(const Dataset& data) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(data.size()));
  std::iota(indices.begin(), indices.end(), 0);
  Tensor src({data.size(), 1}), target({data.size(), 1});
  data.read(indices, 0, src, target);
  EXPECT_TRUE(std::ranges::equal(src.span<float>(), target.span<float>()));
  return {src.span<float>().begin(), src.span<float>().end()};
}

TEST(ValidationSplit, PutsEveryExampleIntoOneOfTwoParts) {
  const ValidationSplit split = split_validation(numbers(103), 0.29, 7);
  EXPECT_EQ(split.validation->size(), 30);  // 29.87
  EXPECT_EQ(split.training->target_info().classes, 3);
  EXPECT_TRUE(split.training->is_in_memory());
  std::vector<double> all = examples(*split.training);
  std::ranges::copy(examples(*split.validation), std::back_inserter(all));
  std::ranges::sort(all);
  EXPECT_EQ(all, examples(*numbers(103)));
}

TEST(ValidationSplit, IsDrawnAtRandom) {
  // The mean of n of N numbers drawn without replacement: variance of one (N^2 - 1) / 12, times
  // (N - n) / (N - 1). The last 2000 would give z = 80.
  constexpr double whole = 10000, held_out = 2000;
  const double variance = (whole * whole - 1) / 12 * (whole - held_out) / (whole - 1);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const std::vector<double> drawn =
        examples(*split_validation(numbers(10000), 0.2, seed).validation);
    EXPECT_LT(std::abs(test::mean_z<double>(drawn, (whole - 1) / 2, variance)), 4) << seed;
    std::vector<std::int64_t> tenths(10);
    for (const double number : drawn) ++tenths[static_cast<std::size_t>(number / 1000)];
    EXPECT_LT(test::chi_squared_z(tenths), 4) << seed;
    EXPECT_GT(*std::ranges::max_element(tenths), *std::ranges::min_element(tenths)) << seed;
  }
}

TEST(ValidationSplit, DependsOnTheSeedAlone) {
  const auto drawn = [](std::uint64_t seed) {
    return examples(*split_validation(numbers(500), 0.1, seed).validation);
  };
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
}

TEST(ValidationSplit, OfNothingLeavesTheDataAsTheyAre) {
  const auto whole = numbers(10);
  const ValidationSplit split = split_validation(whole, 0, 1);
  EXPECT_EQ(split.training, whole);
  EXPECT_EQ(split.validation, nullptr);
}

TEST(ValidationSplit, NeedsAnExampleInEachPart) {
  EXPECT_THAT([] { split_validation(numbers(10), 0.04, 1); },
              ThrowsMessage<ConfigError>(HasSubstr("0.04 of 10 examples is none")));
  EXPECT_THAT([] { split_validation(numbers(10), 0.96, 1); },
              ThrowsMessage<ConfigError>(HasSubstr("0.96 of 10 examples is all")));
  EXPECT_EQ(split_validation(numbers(10), 0.05, 1).validation->size(), 1);
}

}  // namespace
}  // namespace credence
