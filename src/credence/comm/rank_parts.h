#pragma once

#include <cstddef>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// Which of the parts of a buffer, one for each rank, is a rank's: over a power of two of ranks the
/// one whose number has the rank's bits in reverse, so that halves of the parts are those of ranks
/// that are even, or odd, and so on.
int part_of_rank(int rank, int size);

/// The two halves of a sum over ranks, in place, between which each rank works on its own part:
/// part p of a buffer has elements [begins[p], begins[p + 1]), of which there may be none.
///
/// Over a power of two of ranks by halving vectors at doubled distances, in the order of
/// start_tree_sum and to its bits; over others by messages of every rank to every other, in an
/// order that is fixed too. A rank sends and receives what the others' parts have, once in each.
///
/// `tag`: of no other operation under way between these ranks.
/// Errors  InternalError for other types than float and double; CommError.
Request start_reduce_scatter(Communicator& communicator, Buffer buffer,
                             const std::vector<std::size_t>& begins, int tag);
Request start_all_gather(Communicator& communicator, Buffer buffer,
                         const std::vector<std::size_t>& begins, int tag);

}  // namespace credence
