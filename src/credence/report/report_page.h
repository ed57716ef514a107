#pragma once

#include <span>
#include <string>

#include "credence/report/reported_run.h"

namespace credence {

/// A page that shows some runs, side by side where there are several: HTML that carries its
/// figures, its style, its script and the charts' library within itself, and fetches nothing.
std::string report_page(std::span<const ReportedRun> runs);

}  // namespace credence
