#include "credence/model/graph_spec.h"

#include <algorithm>
#include <charconv>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {
namespace {

/// The number in "last 2"; 0 if the text is something else.
std::size_t count_of_last(const std::string& text) {
  constexpr std::string_view prefix = "last ";
  std::size_t count = 0;
  if (text.starts_with(prefix))
    if (std::from_chars(text.data() + prefix.size(), text.data() + text.size(), count).ptr !=
        text.data() + text.size())
      return 0;
  return count;
}

}  // namespace

std::unique_ptr<Layer> NodeSpec::make_layer() const {
  if (!is_linear()) return std::get<LayerFactory>(operation)();
  const auto& linear = std::get<LinearSpec>(operation);
  if (variational) return std::make_unique<VariationalLinear>(linear, *variational);
  return std::make_unique<Linear>(linear);
}

GraphSpec& GraphSpec::add(const std::string& node, NodeOperation operation,
                          std::vector<std::string> sources) {
  if (sources.empty()) sources = {nodes.empty() ? std::string("input") : nodes.back().name};
  nodes.push_back({node, std::move(sources), std::move(operation), std::nullopt});
  return *this;
}

void check_layer_name(const std::string& name, std::span<const std::string> in_use) {
  require<ConfigError>(!name.empty(), "expected a layer's name, got an empty one");
  require<ConfigError>(name != "input",
                       "\"input\" is the network's input: call the layer otherwise");
  require<ConfigError>(name != "optimizer",
                       "\"optimizer\" begins the names of an optimizer's state in a checkpoint: "
                       "call the layer otherwise");
  require<ConfigError>(std::ranges::count(in_use, name) == 0, "the layer name \"", name,
                       "\" is used twice");
}

void make_variational(GraphSpec& graph, const LayerSelection& selection,
                      const VariationalSpec& variational) {
  std::vector<std::string> linear_names;
  for (const NodeSpec& node : graph.nodes)
    if (node.is_linear()) linear_names.push_back(node.name);

  std::vector<std::string> chosen = selection.layers;
  if (chosen.size() == 1 && chosen[0] == "all") {
    chosen = linear_names;
  } else if (chosen.size() == 1 && count_of_last(chosen[0]) > 0) {
    const std::size_t count = count_of_last(chosen[0]);
    require<ConfigError>(count <= linear_names.size(), "expected at most \"last ",
                         linear_names.size(), "\", as many layers have weights, got \"", chosen[0],
                         "\"");
    chosen.assign(linear_names.end() - static_cast<std::ptrdiff_t>(count), linear_names.end());
  }
  for (const std::string& name : chosen) {
    require<ConfigError>(std::ranges::count(linear_names, name) > 0,
                         unknown_name("layer with weights", name, linear_names));
    std::ranges::find(graph.nodes, name, &NodeSpec::name)->variational = variational;
  }
}

}  // namespace credence
