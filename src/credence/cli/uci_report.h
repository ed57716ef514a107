#pragma once

#include <filesystem>

#include "credence/cli/uci_runs.h"

namespace credence::cli {

/// What a method comes to on the splits of a set, from the first one on.
struct UciResult {
  std::string method;
  std::filesystem::path folder;
  std::vector<std::string> overrides;  ///< that were given for all methods
  std::vector<UciRun> runs;

  std::string set() const { return folder.filename().string(); }
};

/// "2.403 +- 0.041": mean and standard error (without one, of a single figure), of a figure of each
/// split.
std::string mean_text(const UciResult& result, double UciRun::*figure);

/// The table of all results.
std::string uci_table(const std::vector<UciResult>& results);

/// All results, with those of every split and what was chosen for it, as JSON.
std::string uci_json(const std::vector<UciResult>& results);

}  // namespace credence::cli
