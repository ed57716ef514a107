#pragma once

#include <span>
#include <vector>

#include "credence/report/gnuplot.h"
#include "credence/report/reported_run.h"

namespace credence {

/// Each figure by epoch, training and validation.
std::vector<GnuplotPlot> curve_plots(const ReportedRun& run);

/// The same of several runs, one plot a figure.
std::vector<GnuplotPlot> comparison_plots(std::span<const ReportedRun> runs);

}  // namespace credence
