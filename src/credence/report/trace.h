#pragma once

#include <filesystem>

#include "credence/base/timeline.h"

namespace credence {

/// Writes the timeline's spans in the Trace Event Format, as chrome://tracing and
/// https://ui.perfetto.dev read it; the process is the rank.
///
/// Source  "Trace Event Format", Google, 2016.
void write_trace(const std::filesystem::path& path, const Timeline& timeline, int rank);

/// Where a rank's trace goes: `path` itself for rank 0, "trace.rank3.json" for others.
std::filesystem::path trace_path(const std::filesystem::path& path, int rank);

}  // namespace credence
