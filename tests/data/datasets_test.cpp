#include "credence/data/datasets.h"

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(Datasets, NeedPathAndSourceTogether) {
  for_each_dataset([](const auto& kind) {
    using Options = typename std::decay_t<decltype(kind)>::Options;
    constexpr bool reads_files = requires(Options options) {
      options.path;
    };
    EXPECT_EQ(kind.source != nullptr, reads_files) << kind.name;
    EXPECT_EQ(datasets().find(kind.name).source.has_value(), reads_files) << kind.name;
    EXPECT_FALSE(kind.description.empty()) << kind.name;
  });
}

TEST(Datasets, MakeThoseThatNeedNoFiles) {
  with_dataset("digits", [](const auto& kind) {
    typename std::decay_t<decltype(kind)>::Options options;
    if constexpr (requires { options.train_count; }) {
      options.train_count = 20;
      options.test_count = 10;
    }
    const DataSplits splits = load_dataset(kind, options);
    EXPECT_EQ(splits.train->size(), 20);
    EXPECT_EQ(splits.test->size(), 10);
  });
}

}  // namespace
}  // namespace credence
