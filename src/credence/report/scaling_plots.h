#pragma once

#include <vector>

#include "credence/report/gnuplot.h"
#include "credence/scaling/scaling_study.h"

namespace credence {

/// For each mode of a study: the time of a thousand examples against ranks, time-<mode>, and the
/// speed-up with the 1:1 line, speed-up-<mode>. A line for each recipe, dashed where it is
/// predicted, with its error bars; counts that shared CPUs are open circles, off the line.
std::vector<GnuplotPlot> scaling_plots(const ScalingStudy& study);

}  // namespace credence
