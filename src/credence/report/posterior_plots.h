#pragma once

#include <vector>

#include "credence/report/gnuplot.h"
#include "credence/report/weight_histograms.h"

namespace credence {

/// Of each layer how its weights are spread, by epoch; and of all layers together, as they were
/// last.
std::vector<GnuplotPlot> posterior_plots(const std::vector<WeightHistogram>& histograms);

}  // namespace credence
