#pragma once

#include <string>

namespace credence {

/// How and from what this library was built.
struct BuildInfo {
  std::string version;   ///< "0.1.0"
  std::string git;       ///< the commit, "-dirty" if it was changed; empty outside a repository
  std::string compiler;  ///< "GNU 12.2.0"
  std::string flags;
};

BuildInfo build_info();

}  // namespace credence
