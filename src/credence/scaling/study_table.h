#pragma once

#include <string>

#include "credence/scaling/scaling_study.h"

namespace credence {

/// What a study came to, in tables for a terminal: for each recipe and mode its counts of ranks,
/// measured and predicted; the model's constants; how well it predicts; what is left out.
std::string study_table(const ScalingStudy& study);

/// "12.3 ms", in the unit that suits it: s, ms, us or ns.
std::string seconds_text(double seconds);

}  // namespace credence
