#pragma once

#include "credence/checkpoint/initial_weights.h"
#include "credence/config/option_reader.h"
#include "credence/model/graph_spec.h"

namespace credence {

/// The `model` section: `name`, a model of the zoo, or `layers`, a list; and which layers have a
/// posterior (`bayesian`).
struct ModelSection {
  std::string name;
  InitialWeightsOptions weights;
  /// The graph for examples of this shape and this many outputs (which only the zoo's models use).
  std::function<GraphSpec(const Shape& input, std::int64_t outputs)> make_graph;
};

ModelSection read_model_section(OptionReader& reader);

}  // namespace credence
