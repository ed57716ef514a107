#pragma once

#include "credence/comm/communicator.h"
#include "credence/machine/findings.h"

namespace credence {

/// Whether kernels and sums over ranks give right results on this machine: libraries may not fit
/// it, or be forbidden to run the code that they generate. What this rank found. Collective.
std::vector<Finding> check_results(Communicator& communicator);

}  // namespace credence
