#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace credence::cli {

/// What runs must have in common to be of one study. Ranks, modes and repetitions may be added.
struct StudyIdentity {
  std::int64_t steps = 0, warm_up = 0;
  int threads = 1;
  std::string hosts, bind_to;
  std::vector<std::pair<std::string, std::string>> recipes;  ///< name, digest of the configuration
};

/// Makes the directory of a study, or checks that it is of this one. study.json in it says what it
/// is of; recipes that are new to it are added.
///
/// Errors  CreateError if there is something else under this name; ConfigError, naming what
///         differs, for another study.
void keep_identity(const std::filesystem::path& directory, const StudyIdentity& identity);

}  // namespace credence::cli
