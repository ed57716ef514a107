#include "network.h"

namespace credence::simulated {

Network gravitational_wave_network() {
  Network network{
      {.name = "root.conv1", .weights = 1'088, .compute_share = 0.0062},
      {.name = "root.conv2", .weights = 65'600, .compute_share = 0.175},
      {.name = "root.conv3", .weights = 131'200, .compute_share = 0.175},
      {.name = "root.conv4", .weights = 262'272, .compute_share = 0.175},
      {.name = "root.conv5", .weights = 524'544, .compute_share = 0.175},
      {.name = "root.conv6", .weights = 1'048'832, .compute_share = 0.175},
      {.name = "root.conv7", .weights = 906'464, .compute_share = 0.075},
  };
  for (const std::string leaf : {"masses", "spin", "ringdown"}) {
    network.push_back({.name = leaf + ".variational1",
                       .weights = 252'000,
                       .is_variational = true,
                       .compute_share = 0.0130});
    network.push_back({.name = leaf + ".variational2",
                       .weights = 1'333,
                       .is_variational = true,
                       .compute_share = 0.0016});
  }
  return network;
}

std::size_t wire_bytes(const LayerCost& layer, const WireFormat& format) {
  return layer.weights * (layer.is_variational ? format.variational_bytes : format.weight_bytes);
}

Network without_posterior(Network network) {
  for (LayerCost& layer : network) layer.is_variational = false;
  return network;
}

}  // namespace credence::simulated
