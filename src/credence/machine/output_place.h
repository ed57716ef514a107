#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace credence {

/// A folder that a run would be written to.
struct OutputPlace {
  std::filesystem::path path;   ///< absolute
  std::string file_system;      ///< "ext4", "nfs4", "lustre"; empty: unknown
  std::int64_t free_bytes = 0;  ///< that this user may fill
  std::string problem;          ///< why nothing can be written; empty if it can
};

/// Tries it, in the folder or, if it does not exist yet, in the closest one above. Leaves nothing.
OutputPlace try_output(const std::filesystem::path& folder);

/// The type of the file system that holds an absolute path, by /proc/self/mountinfo; empty if that
/// does not tell.
std::string file_system_of(const std::filesystem::path& path, const std::string& mountinfo);

}  // namespace credence
