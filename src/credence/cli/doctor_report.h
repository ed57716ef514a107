#pragma once

#include <optional>

#include "credence/cli/session.h"
#include "credence/machine/findings.h"

namespace credence::cli {

/// What `credence doctor` learns; rank 0 has it all.
struct Diagnosis {
  Resources resources;
  Machine machine;  ///< of rank 0
  OutputPlace output;
  std::vector<RankSpeed> speeds;  ///< by rank
  std::optional<SumSpeed> sums;   ///< on several ranks
  std::vector<Finding> findings;  ///< the fatal ones first
};

/// Build, machine, data and run directory, as a table.
std::string facts_text(const Diagnosis& diagnosis);
/// What was measured, as a table.
std::string speeds_text(const Diagnosis& diagnosis);
/// "no problems found", or each with its reason and advice.
std::string findings_text(const std::vector<Finding>& findings);

/// All of it as one JSON object, which begins as env.json does.
std::string doctor_json(const Diagnosis& diagnosis, const Context& context);

}  // namespace credence::cli
