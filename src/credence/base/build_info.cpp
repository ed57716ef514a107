#include "credence/base/build_info.h"

#include "credence_git.h"  // written by cmake/git_version.cmake at each build

namespace credence {

BuildInfo build_info() {
  return {.version = CREDENCE_VERSION,
          .git = CREDENCE_GIT,
          .compiler = CREDENCE_COMPILER,
          .flags = CREDENCE_FLAGS};
}

}  // namespace credence
