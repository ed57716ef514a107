#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "credence/comm/communicator.h"

namespace credence {

struct NodeLayout {
  int nodes = 1;
  int ranks_of_node = 1;
};

/// `hosts`: of every rank. Nothing unless each node has equally many ranks, two or more.
std::optional<NodeLayout> node_layout(std::span<const std::string> hosts);

/// The ranks of a group, by the node that they run on.
struct NodeGroups {
  std::unique_ptr<Communicator> node;     ///< the ranks of this rank's node
  std::unique_ptr<Communicator> between;  ///< the ranks with this one's number on every node
  bool in_order = false;                  ///< whether each node's ranks follow one another
};

/// `hosts`: of every rank. Nothing unless each node has equally many ranks, two or more.
/// Collective.
std::optional<NodeGroups> node_groups(Communicator& communicator,
                                      std::span<const std::string> hosts);

}  // namespace credence
