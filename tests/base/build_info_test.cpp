#include "credence/base/build_info.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

TEST(BuildInfo, NamesVersionCompilerAndFlags) {
  const BuildInfo build = build_info();
  EXPECT_THAT(build.version, ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(build.compiler,
              ::testing::AnyOf(::testing::StartsWith("GNU "), ::testing::StartsWith("Clang ")));
  EXPECT_THAT(build.flags, ::testing::HasSubstr("-ffp-contract=off"));
}

}  // namespace
}  // namespace credence
