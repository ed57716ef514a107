#pragma once

#include "credence/diagnostics/check_row.h"
#include "credence/diagnostics/gradient_variance.h"
#include "credence/diagnostics/posterior_summary.h"
#include "credence/diagnostics/pruning.h"
#include "credence/machine/findings.h"

namespace credence::cli {

/// What `credence check` found out. What does not apply is empty.
struct CheckReport {
  std::string target, model, data;
  bool is_trained = false;
  bool is_bayesian = false;
  std::vector<CheckRow> checks;
  std::string estimator;  ///< the recipe's
  GradientVarianceOptions variance_options;
  std::vector<GradientVariance> variances;
  std::vector<PosteriorSummary> posteriors;
  LossShares loss;
  std::vector<PruningPoint> pruning;
  std::int64_t weights = 0;  ///< that pruning may take out
  std::vector<Finding> warnings;

  bool passed() const;
};

// Parts of the report as text, each ending with a newline.
std::string checks_text(const CheckReport& report);
std::string variances_text(const CheckReport& report);
std::string posteriors_text(const CheckReport& report);
std::string pruning_text(const CheckReport& report);

/// All of it as one JSON object.
std::string check_json(const CheckReport& report);

}  // namespace credence::cli
