#pragma once

#include <filesystem>

#include "credence/scaling/scaling_run.h"

namespace credence {

/// The traces of a run: in its directory, that of rank 0 under this name.
inline constexpr const char* scaling_trace = "trace.json";

/// What a run directory tells of a training whose steps were traced: the first `warm_up` are left
/// out. Recipe and repetition are the caller's to tell.
///
/// Errors  IoError, DataError if it is not complete, naming the file. Where the ranks of other
/// hosts
///         have left their traces elsewhere, those that are there must do, that of rank 0 among
///         them.
ScalingRun read_scaling_run(const std::filesystem::path& run, std::int64_t warm_up);

}  // namespace credence
