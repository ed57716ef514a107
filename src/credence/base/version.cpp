#include "credence/base/version.h"

#include <sstream>

#include "credence/base/build_constants.h"
#include "credence/base/errors.h"
#include "credence/base/git_revision.h"

namespace credence {

std::string_view version() {
  return CREDENCE_VERSION;
}

std::string_view git_revision() {
  return CREDENCE_GIT_REVISION;
}

std::string full_version() {
  if (git_revision().empty()) return std::string(version());
  return concat(version(), " (", git_revision(), ")");
}

std::string compiler() {
#if defined(__clang__)
  return concat("Clang ", __clang_major__, ".", __clang_minor__, ".", __clang_patchlevel__);
#elif defined(__GNUC__)
  return concat("GCC ", __GNUC__, ".", __GNUC_MINOR__, ".", __GNUC_PATCHLEVEL__);
#else
  return "unknown compiler";
#endif
}

std::string_view build_type() {
  return CREDENCE_BUILD_TYPE;
}

std::string_view compile_flags() {
  return CREDENCE_COMPILE_FLAGS;
}

std::vector<std::pair<std::string, std::string>> library_versions() {
  std::vector<std::pair<std::string, std::string>> versions;
  std::istringstream words(CREDENCE_LIBRARIES);
  for (std::string name, number; words >> name >> number;) versions.emplace_back(name, number);
  return versions;
}

std::string_view compiled_simd() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__AVX__)
  return "AVX";
#elif defined(__SSE2__)
  return "SSE2";
#elif defined(__ARM_FEATURE_SVE)
  return "SVE";
#elif defined(__ARM_NEON)
  return "NEON";
#else
  return "";
#endif
}

}  // namespace credence
