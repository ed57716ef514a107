#pragma once

#include <vector>

#include "credence/report/gnuplot.h"
#include "credence/report/reported_run.h"

namespace credence {

/// The charts of a run's page, one plot each, for papers. Names have but letters, digits, '.', '-'
/// and '_'.
std::vector<GnuplotPlot> paper_plots(const ReportedRun& run);

}  // namespace credence
