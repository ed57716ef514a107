#pragma once

#include <functional>

#include "credence/comm/communicator.h"

namespace credence {

/// Runs a program's body on this rank and returns its exit code; what it throws becomes a message
/// on stderr and an exit code (an Error's own, else 70). Ranks that fail together leave together,
/// and rank 0 speaks for all; a rank that fails alone ends the whole job with its exit code,
/// wherever the others wait.
int run_guarded(CommWorld& world, const std::function<int()>& body, double timeout_s = 4);

/// The same for a whole main(): makes the world, whose errors are told too, and ends it.
int run_guarded(int& argc, char**& argv, const std::function<int(CommWorld&)>& body);

/// The same for a program that starts ranks, and is none: one process without MPI.
int run_guarded_alone(const std::function<int(CommWorld&)>& body);

}  // namespace credence
