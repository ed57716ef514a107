#pragma once

#include <string>

#include "credence/scaling/scaling_study.h"

namespace credence {

/// scaling.csv: a line for each count of ranks, measured or predicted.
std::string scaling_csv(const ScalingStudy& study);

/// scaling.json: the same, each run, the model's constants and what tells how well it predicts.
std::string scaling_json(const ScalingStudy& study);

}  // namespace credence
