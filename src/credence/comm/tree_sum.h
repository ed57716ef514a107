#pragma once

#include "credence/comm/communicator.h"

namespace credence {

/// Element-wise sum over a power of two of ranks, in place, on every rank, in one order whatever
/// the library: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). So it is the same to the bit if each
/// rank's summand is itself such a sum of more ranks' ones.
///
/// By halving vectors at doubled distances, then gathering, so that a rank sends and receives no
/// more than 2 (n - 1) / n of the buffer (Thakur, Rabenseifner, Gropp: Optimization of collective
/// communication operations in MPICH, 2005); small buffers are exchanged whole.
///
/// `tag`: of no other operation under way between these ranks.
/// Errors  InternalError for another number of ranks; CommError as from start_exchange.
Request start_tree_sum(Communicator& communicator, Buffer buffer, int tag);

/// That this rank sends for it.
std::uint64_t tree_sum_bytes(const Communicator& communicator, Buffer buffer);

}  // namespace credence
