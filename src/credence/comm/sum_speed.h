#pragma once

#include "credence/comm/communicator.h"

namespace credence {

/// How fast the ranks sum what each of them holds, as they do with gradients in every step.
struct SumSpeed {
  double latency_s = 0;   ///< of the sum of one float64
  double gb_per_sec = 0;  ///< 16 MiB of float32 a rank, over the time that their sum takes
};

/// The best of several windows on rank 0, the same on all ranks. Takes about `seconds`; at least
/// three sums of each size. Collective. Meaningless on one rank, where a sum costs nothing.
SumSpeed measure_sums(Communicator& communicator, double seconds = 0.4);

}  // namespace credence
