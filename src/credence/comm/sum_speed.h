#pragma once

#include <cstddef>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// How fast the ranks sum what each of them holds, as they do with gradients in every step.
struct SumSpeed {
  double latency_s = 0;   ///< of the sum of one float64
  double gb_per_sec = 0;  ///< 16 MiB of float32 a rank, over the time that their sum takes
  struct Time {
    std::size_t bytes = 0;
    double seconds = 0;
  };
  std::vector<Time> times;  ///< of sums of 8 bytes to 16 MiB, ascending
};

/// The best of several windows on rank 0, the same on all ranks. Takes about `seconds`; at least
/// one window of each size. Collective. Meaningless on one rank, where a sum costs nothing.
SumSpeed measure_sums(Communicator& communicator, double seconds = 0.4);

}  // namespace credence
