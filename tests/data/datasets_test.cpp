#include "credence/data/datasets.h"

#include <gtest/gtest.h>

namespace credence {
namespace {

TEST(Datasets, WithASourceHaveAPath) {
  for_each_dataset([](const auto& kind) {
    const DatasetInfo& info = datasets().find(kind.name);
    EXPECT_EQ(info.source.has_value(), kind.source != nullptr) << kind.name;
    EXPECT_EQ(info.has_path, kind.has_path) << kind.name;
    EXPECT_TRUE(info.has_path || !info.source) << kind.name;
    EXPECT_FALSE(kind.description.empty()) << kind.name;
  });
}

struct FileOptions {
  std::string path;
};

TEST(Datasets, WithAPathAndNoSourceReadWhatTheyAreGiven) {
  const DatasetKind<FileOptions> kind{"file", "a file", [](const FileOptions& options) {
                                        EXPECT_EQ(options.path, "/no/such/file");
                                        return DataSplits{};
                                      }};
  fetch_dataset(kind, {.path = "/no/such/file"});
  load_dataset(kind, {.path = "/no/such/file"});
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
