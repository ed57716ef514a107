#include "credence/comm/node_groups.h"

#include <algorithm>
#include <map>
#include <vector>

namespace credence {
namespace {

/// Where a rank is: the number of its node, and its own number there.
struct Seat {
  int node = 0, place = 0;
};

struct Seating {
  std::vector<Seat> seats;  // of every rank
  int nodes = 0;

  bool is_even() const {
    const int ranks = static_cast<int>(seats.size());
    return nodes < ranks && ranks % nodes == 0 &&
           std::ranges::all_of(seats, [&](const Seat& seat) { return seat.place < ranks / nodes; });
  }
  bool is_in_order() const {
    const auto node_of = [](const Seat& seat) { return seat.node; };
    return std::ranges::is_sorted(seats, {}, node_of);
  }
};

/// Nodes are numbered by their first rank.
Seating seating_of(std::span<const std::string> hosts) {
  struct Node {
    int number = 0, ranks = 0;
  };
  std::map<std::string, Node> nodes;
  Seating seating;
  for (const std::string& host : hosts) {
    const auto found =
        nodes.try_emplace(host, Node{.number = static_cast<int>(nodes.size())}).first;
    seating.seats.push_back({.node = found->second.number, .place = found->second.ranks++});
  }
  seating.nodes = static_cast<int>(nodes.size());
  return seating;
}

}  // namespace

std::optional<NodeLayout> node_layout(std::span<const std::string> hosts) {
  const Seating seating = seating_of(hosts);
  if (!seating.is_even()) return std::nullopt;
  return NodeLayout{.nodes = seating.nodes,
                    .ranks_of_node = static_cast<int>(hosts.size()) / seating.nodes};
}

std::optional<NodeGroups> node_groups(Communicator& communicator,
                                      std::span<const std::string> hosts) {
  const Seating seating = seating_of(hosts);
  if (!seating.is_even()) return std::nullopt;
  const Seat& own = seating.seats[static_cast<std::size_t>(communicator.rank())];
  return NodeGroups{.node = communicator.split(own.node, own.place),
                    .between = communicator.split(own.place, own.node),
                    .in_order = seating.is_in_order()};
}

}  // namespace credence
