#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace credence::simulated {

struct LayerCost {
  std::string name;
  std::size_t weights = 0;
  bool is_variational = false;
  double compute_share = 0;  ///< of the step; a network's shares add up to one
};

/// In the order of the forward pass.
using Network = std::vector<LayerCost>;

/// What estimates the parameters of a gravitational wave from its strain: a root of seven
/// convolutions over time, each of which halves the length, and three leaves whose last two layers
/// are variational. 3.7 million weights, 0.76 million of them variational.
///
/// Weights  of the root: kernels of 16, channels 1, 64, 64, 128, 128, 256, 256, 221.
/// Compute  in proportion to weights times length: the same for all convolutions but the first and
///          the last; what is left is given to the leaves.
///
/// Source  sizes and structure after Shen et al. 2019, arXiv:1903.01998v1; how weights and compute
///         are spread over the layers is an assumption.
Network gravitational_wave_network();

/// Bytes that a weight's gradients travel as.
struct WireFormat {
  std::size_t weight_bytes = 4;       ///< deterministic
  std::size_t variational_bytes = 8;  ///< mu and rho
};

std::size_t wire_bytes(const LayerCost& layer, const WireFormat& format);

/// The same network without its posterior: each weight travels as one.
Network without_posterior(Network network);

}  // namespace credence::simulated
