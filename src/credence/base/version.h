#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace credence {

/// What this build is: for `credence --version`, env.json and bug reports.

/// "0.1.0".
std::string_view version();
/// What `git describe --always --dirty --tags` said at the build: "v0.1.0-12-g3f2a1bc-dirty"; empty
/// if the sources were not a git checkout.
std::string_view git_revision();
/// "0.1.0 (v0.1.0-12-g3f2a1bc)", or "0.1.0" without a revision.
std::string full_version();
/// "GCC 12.2.0", "Clang 14.0.6".
std::string compiler();
/// "Release".
std::string_view build_type();
/// "-O3 -DNDEBUG -march=native ...".
std::string_view compile_flags();
/// The libraries that this was built with, by name, and their versions.
std::vector<std::pair<std::string, std::string>> library_versions();
/// The widest vector instructions that the compiler may use: "SSE2", "AVX", "AVX2", "AVX-512",
/// "NEON", "SVE"; empty if none of them.
std::string_view compiled_simd();

}  // namespace credence
