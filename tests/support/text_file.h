#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "credence/base/files.h"

namespace credence::testing {

inline std::string read_text(const std::filesystem::path& path) {
  return read_file(path);
}

/// Plainly, not atomically.
inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace credence::testing
