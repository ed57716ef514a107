#include "credence/records/append_file.h"

#include <optional>

#include "support/temporary_folder.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/base/file_lock.h"

namespace credence {
namespace {

using credence::testing::TemporaryFolder;

TEST(AppendFile, IsWrittenByOneAtATime) {
  const TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  EXPECT_EQ(is_locked(path), std::nullopt);
  {
    const AppendFile file(path);
    EXPECT_EQ(is_locked(path), true);
    EXPECT_THROW(AppendFile{path}, CreateError);
  }
  EXPECT_EQ(is_locked(path), false);
}

}  // namespace
}  // namespace credence
