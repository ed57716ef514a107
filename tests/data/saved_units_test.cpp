#include "credence/data/saved_units.h"

#include "support/errors.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;

/// One example of two inputs, 1 and 2, and a target, 3, in these units.
std::shared_ptr<const Dataset> example(const std::vector<Units>& src,
                                       const std::vector<Units>& target) {
  Tensor inputs({1, 2}), targets({1, 1});
  inputs.span<float>()[0] = 1;
  inputs.span<float>()[1] = 2;
  targets.span<float>()[0] = 3;
  auto data = std::make_shared<InMemoryDataset>(
      "example", inputs, targets, TargetInfo{.classes = 0, .labels = {"y"}, .units = target});
  data->set_src_units(src);
  data->set_src_labels({"a", "b"});
  return data;
}

const std::vector<Units> src_units{{.scale = 0.1, .shift = 20}, {.scale = 4, .shift = -8}};
const std::vector<Units> target_units{{.scale = 10, .shift = 3}};

std::vector<float> values_of(const Dataset& data) {
  Tensor src(data.src_shape().prepend(2)), target(data.target_shape().prepend(2));
  src.fill(9);  // the second row is not to be touched
  target.fill(9);
  const std::int64_t first = 0;
  data.read(std::span(&first, 1), 0, src, target);
  EXPECT_EQ(src.span<float>()[2], 9);
  EXPECT_EQ(target.span<float>()[1], 9);
  return {src.span<float>()[0], src.span<float>()[1], target.span<float>()[0]};
}

TEST(SavedUnits, OfTheDataThemselvesChangeNothing) {
  const auto data = example(src_units, target_units);
  EXPECT_EQ(in_saved_units(data, units_to_save(*data), "run"), data);
  const auto plain = example({}, {});
  EXPECT_TRUE(units_to_save(*plain).empty());
  EXPECT_EQ(in_saved_units(plain, {}, "run"), plain);
}

TEST(SavedUnits, TakeThePlaceOfThoseOfTheData) {
  const auto saved = units_to_save(*example(src_units, target_units));
  const auto plain = in_saved_units(example({}, {}), saved, "run");
  EXPECT_THAT(values_of(*plain), ElementsAre(-190, 2.5F, 0));
  const auto other = in_saved_units(
      example({{.scale = 10, .shift = 10}, {.scale = 1, .shift = 2}}, {{.scale = 1, .shift = 10}}),
      saved, "run");
  EXPECT_THAT(values_of(*other), ElementsAre(0, 3, 1));
  EXPECT_EQ(other->src_units(), src_units);
  EXPECT_EQ(other->target_info().units, target_units);
  EXPECT_THAT(other->target_info().labels, ElementsAre("y"));
  EXPECT_THAT(other->src_labels(), ElementsAre("a", "b"));
}

TEST(SavedUnits, ThatDoNotFitAreRefused) {
  const auto data = example(src_units, target_units);
  const auto error_of = [&](const std::vector<NamedTensor>& saved) {
    return message_of<DataError>([&] { in_saved_units(data, saved, "run"); });
  };
  EXPECT_THAT(error_of({}), HasSubstr("run: holds no units"));
  auto saved = units_to_save(*data);
  saved[1].tensor = Tensor({3}, DType::float64);
  EXPECT_THAT(error_of(saved),
              HasSubstr("\"data.src_shift\": expected float64 [2], got float64 [3]"));
  saved = units_to_save(*data);
  saved.erase(saved.begin());
  EXPECT_THAT(error_of(saved), HasSubstr("\"data.src_scale\": expected float64 [2], got none"));
  saved = units_to_save(*data);
  saved[2].tensor.span<double>()[0] = 0;
  EXPECT_THAT(error_of(saved), HasSubstr("data.target_scale 0"));
}

}  // namespace
}  // namespace credence
