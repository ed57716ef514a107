#pragma once

#include <optional>

#include "credence/diagnostics/posterior_summary.h"
#include "credence/diagnostics/pruning.h"
#include "credence/machine/findings.h"
#include "credence/records/profile.h"
#include "credence/records/run_course.h"
#include "credence/records/run_directory.h"
#include "credence/records/summary.h"
#include "credence/report/classification_figures.h"
#include "credence/report/learning_curves.h"
#include "credence/report/regression_figures.h"
#include "credence/report/weight_histograms.h"

namespace credence {

/// How a network bears having its weights taken out.
struct PruningFigures {
  std::vector<PruningPoint> points;
  std::int64_t weights = 0;   ///< that can be taken out
  std::int64_t examples = 0;  ///< of the test set
  std::int64_t samples = 0;   ///< draws
};

/// All that a report says of a run: figures alone. What there is none of is empty, and `notes` says
/// why.
struct ReportedRun {
  std::string name;
  std::string path;
  std::string config;              ///< YAML
  std::string environment;         ///< JSON
  std::optional<Summary> summary;  ///< of a run that is complete
  RunCourse course;                ///< how far it has come
  LearningCurves curves;
  std::optional<Profile> profile;
  std::vector<WeightHistogram> histograms;
  std::string weights;       ///< the checkpoint whose weights are tested; empty: none
  std::int64_t samples = 0;  ///< draws of the weights that are asked for in tests; 1: none differ
  std::vector<NamedValue> test;  ///< metrics: as measured for the report, else of the summary
  std::optional<ClassificationFigures> classification;
  std::optional<RegressionFigures> regression;
  std::vector<PosteriorSummary> posteriors;
  LossShares loss;  ///< of the posteriors
  PruningFigures pruning;
  std::vector<Finding> findings;
  struct Note {
    std::string section, says;
  };
  std::vector<Note> notes;
};

/// What the files of a run directory say by themselves, without its data. A file that is missing or
/// wrong leaves a note. `checkpoint`: as of choose_checkpoint.
ReportedRun read_reported_run(const RunDirectory& directory, const std::string& checkpoint = "");

}  // namespace credence
