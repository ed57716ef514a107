#pragma once

#include <filesystem>

#include "credence/base/timeline.h"
#include "credence/comm/communicator.h"

namespace credence {

/// Gives the timelines of all ranks one origin, that of rank 0: each rank asks rank 0 for its clock
/// a few times and trusts the shortest answer, so that what is left is less than half the time of
/// that message there and back. Clocks of different hosts may drift apart afterwards. Collective.
///
/// Source  F. Cristian, "Probabilistic clock synchronization", Distributed Computing 3, 1989.
void align_origins(Timeline& timeline, Communicator& communicator);

/// Writes the timeline's spans in the Trace Event Format, as chrome://tracing and
/// https://ui.perfetto.dev read it; the process is the rank.
///
/// Source  "Trace Event Format", Google, 2016.
void write_trace(const std::filesystem::path& path, const Timeline& timeline, int rank);

/// Where a rank's trace goes: `path` itself for rank 0, "trace.rank3.json" for others.
std::filesystem::path trace_path(const std::filesystem::path& path, int rank);

}  // namespace credence
