#pragma once

#include <string>

#include "credence/cli/session.h"

namespace credence::cli {

/// The table of layers: type, parameters, output and weights shape, padding, stride.
std::string layer_table(const Model& model);
/// The resolved options, one a line: those that everybody asks for and those that are not what they
/// are by default, and how many there are besides.
std::string option_table(const Experiment& experiment);
/// Version, ranks and threads with their CPUs.
std::string resources_text(const Resources& resources);
/// Version, ranks and threads with their CPUs, batch sizes, learning rate and the rule in force.
/// The batch is that of one network, by so many ranks.
std::string job_header(const Experiment& experiment, const Resources& resources,
                       int ranks_a_network, double learning_rate);

/// Who sends gradients: so many ranks to each other, each so many of them. One rank sends nothing.
struct Senders {
  int ranks = 1;
  double gradients = 0;
};
/// Of a network with so many gradients.
Senders senders_of(const DistributedSection& distributed, const Resources& resources,
                   int ranks_a_network, double gradients);
/// How gradients travel, if not as they are: "gradients travel as bf16: 0.26 MB a rank and step,
/// 0.50 of float32's"; else empty.
std::string traffic_text(const Compression* compression, const Senders& senders);
/// A warning if a compression sends as much as float32, or has nothing to send; else empty.
std::string traffic_warning(const Compression* compression, const Senders& senders);

}  // namespace credence::cli
