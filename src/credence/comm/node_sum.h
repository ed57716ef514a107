#pragma once

#include <functional>

#include "credence/comm/gradient_sum.h"
#include "credence/comm/node_groups.h"

namespace credence {

/// The sum between nodes, over these ranks, of parts of a buffer.
using SumBetweenNodes =
    std::function<std::unique_ptr<GradientSum>(Communicator& between, Buffer sums)>;

/// Sums in two levels: over the ranks of a node in memory that they share, each rank adding one
/// slice of each part, as ((0 + 1) + (2 + 3)) + ...; then each rank its slice with its like on the
/// other nodes. Inside a node nothing is sent, no rank waits before the end of the step, and what
/// leaves a node is as much as if it were one rank.
///
/// Takes (ranks of a node + 1) buffers in /dev/shm; null where they are not to be had. Collective.
std::unique_ptr<GradientSum> make_node_sum(NodeGroups groups, Buffer gradients,
                                           const SumBetweenNodes& between);

}  // namespace credence
