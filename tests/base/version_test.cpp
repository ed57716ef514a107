#include "credence/base/version.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

TEST(Version, SaysWhatTheBuildIs) {
  EXPECT_THAT(std::string(version()), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(full_version(), StartsWith(std::string(version())));
  EXPECT_THAT(full_version(), HasSubstr(std::string(git_revision())));
  EXPECT_THAT(compiler(), MatchesRegex("(GCC|Clang) [0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_FALSE(build_type().empty());
  EXPECT_THAT(std::string(compile_flags()), HasSubstr("-ffp-contract=off"));
}

}  // namespace
}  // namespace credence
