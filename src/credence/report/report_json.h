#pragma once

#include <span>
#include <string>

#include "credence/report/reported_run.h"

namespace credence {

/// The figures of some runs as the page's script reads them: one JSON object, of numbers rounded to
/// five digits. It holds no '<', so it can stand in a page. Curves have fewer points the more runs
/// there are, so that the page stays small.
std::string report_json(std::span<const ReportedRun> runs);

}  // namespace credence
