#pragma once

#include <string>
#include <vector>

#include "credence/predict/bootstrap.h"
#include "credence/predict/detection.h"

namespace credence::cli {

/// How a classifier's uncertainty tells a data set from the test set.
struct UnfamiliarResult {
  std::string name;
  std::vector<NamedValue> means;  ///< of its uncertainties
  std::vector<NamedValue> auroc;  ///< by each of them; none of the test set itself
};

/// What `credence evaluate` finds.
struct Evaluation {
  std::vector<NamedValue> values;
  std::vector<Interval> intervals;           ///< of the values; empty if not asked for
  std::vector<UnfamiliarResult> unfamiliar;  ///< the test set first; empty if not asked for
};

/// One line of JSON: {"accuracy":0.9,...,"intervals":{"accuracy":[0.88,0.92],...},
/// "ood":{"test":{"mean":{"mutual_information":...}},"rotated":{"mean":{...},"auroc":{...}}}}.
std::string evaluation_json(const Evaluation& evaluation);
/// The same as tables.
std::string evaluation_text(const Evaluation& evaluation);

}  // namespace credence::cli
