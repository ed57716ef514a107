#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

/// A span of a trace as it is read back, in seconds since the trace's origin.
struct TraceSpan {
  std::string name;   ///< of the work
  std::string phase;  ///< as name_of(Phase)
  double begin_s = 0, end_s = 0;

  double seconds() const { return end_s - begin_s; }
};

/// The spans of a trace that write_trace wrote, in their order. DataError if the file is none.
std::vector<TraceSpan> read_trace(const std::filesystem::path& path);

}  // namespace credence
