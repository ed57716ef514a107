#pragma once

#include <optional>
#include <variant>

#include "credence/bayes/variational_linear.h"

namespace credence {

using LayerFactory = std::function<std::unique_ptr<Layer>()>;
/// A linear map, deterministic or variational, or any other layer.
using NodeOperation = std::variant<LinearSpec, LayerFactory>;

/// One node: a layer, and the names of the nodes it reads ("input" is the graph's own).
struct NodeSpec {
  std::string name;
  std::vector<std::string> sources;
  NodeOperation operation;
  std::optional<VariationalSpec> variational;  ///< only for a LinearSpec

  bool is_linear() const { return std::holds_alternative<LinearSpec>(operation); }
  std::unique_ptr<Layer> make_layer() const;
};

/// A network as data: nodes in an order in which each follows its sources.
struct GraphSpec {
  std::string name;
  Shape input;                               ///< of one example
  Precision precision = Precision::float32;  ///< of products with weights, in float32 models
  std::vector<NodeSpec> nodes;
  std::vector<std::string> outputs;  ///< names; empty: the last node

  /// Adds a node that reads `sources`, or the node before if there are none.
  GraphSpec& add(const std::string& node, NodeOperation operation,
                 std::vector<std::string> sources = {});
  /// A layer made without options: add<ReLU>("relu1").
  template <class L>
  GraphSpec& add(const std::string& node, std::vector<std::string> sources = {}) {
    return add(node, LayerFactory([] { return std::make_unique<L>(); }), std::move(sources));
  }
  template <class L>
  GraphSpec& add_with(const std::string& node, const typename L::Options& options,
                      std::vector<std::string> sources = {}) {
    return add(node, LayerFactory([options] { return std::make_unique<L>(options); }),
               std::move(sources));
  }
};

/// Which layers of a network become variational.
struct LayerSelection {
  /// {"all"}, {"last 2"} (of those that can), or the names of layers.
  std::vector<std::string> layers;
};

/// ConfigError, saying why, if a layer beside those of the names in use cannot have this one.
void check_layer_name(const std::string& name, std::span<const std::string> in_use);

/// Gives the selected dense and convolution layers a posterior. ConfigError for a name that is not
/// in the graph (with the closest that is) or that has no weights to vary.
void make_variational(GraphSpec& graph, const LayerSelection& selection,
                      const VariationalSpec& variational);

}  // namespace credence
