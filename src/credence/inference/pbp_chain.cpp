#include "credence/inference/pbp_chain.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

Parameter* find(const Model& model, const std::string& name) {
  const auto found = std::ranges::find(model.parameters(), name,
                                       [](const Parameter* parameter) { return parameter->name; });
  return found == model.parameters().end() ? nullptr : *found;
}

/// The one that a loss reads a sigma from, if it does.
Parameter* find_rho(const Model& model) {
  Parameter* const last = model.parameters().empty() ? nullptr : model.parameters().back();
  return last && last->name.ends_with(".rho") ? last : nullptr;
}

}  // namespace

PbpChain::PbpChain(const Model& model) : rho_(find_rho(model)) {
  std::vector<NodeSummary> nodes = model.summary();
  require<ConfigError>(rho_ != nullptr, "pbp learns the noise: set train.loss.learn_sigma=true");
  nodes.pop_back();
  // Layers of one source, of which each is used, are a chain.
  bool after_dense = false;
  for (const NodeSummary& node : nodes) {
    const std::string& type = node.layer.type;
    require<ConfigError>(type == "Dense" || type == "ReLU" || type == "Flatten",
                         "pbp is for Dense layers with ReLU between them: layer \"", node.name,
                         "\" is ", type);
    require<ConfigError>(type != "Flatten" || layers_.empty(), "pbp: layer \"", node.name,
                         "\": Flatten may come before the first Dense layer only");
    if (type == "Flatten") continue;
    require<ConfigError>((type == "ReLU") == after_dense,
                         "pbp is for Dense layers with ReLU between them: layer \"", node.name,
                         after_dense ? "\" follows a Dense layer without ReLU between"
                                     : "\" is ReLU, and does not follow a Dense layer");
    after_dense = type == "Dense";
    if (!after_dense) continue;
    Parameter* const bias = find(model, node.name + ".bias");
    parameters_.push_back(find(model, node.name + ".weight"));
    if (bias) parameters_.push_back(bias);
    layers_.push_back(
        {.inputs = node.weights[1], .outputs = node.weights[0], .bias = bias != nullptr});
  }
  require<ConfigError>(after_dense, "pbp: the network must end in a Dense layer of one output");
  require<ConfigError>(layers_.back().outputs == 1 && rho_->value.size() == 1,
                       "pbp is for one target: layer \"", nodes.back().name, "\" has ",
                       layers_.back().outputs, " outputs");
}

template <class Visit>
void PbpChain::for_each(Visit visit) const {
  std::size_t weight = 0, parameter = 0;
  for (const PbpLayer& layer : layers_) {
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      for (std::int64_t i = 0; i < layer.inputs; ++i)
        visit(parameter, o * layer.inputs + i, weight++, layer.scale());
      if (layer.bias) visit(parameter + 1, o, weight++, layer.scale());
    }
    parameter += layer.bias ? 2 : 1;
  }
}

NormalWeights PbpChain::initial_weights(std::uint64_t seed, double variance) const {
  std::vector<Tensor> draws;
  for (const Parameter* parameter : parameters_)
    fill_normal(draws.emplace_back(parameter->value.shape()),
                noise_key(seed, Stream::init, parameter->name), {});
  NormalWeights weights;
  for_each([&](std::size_t parameter, std::int64_t element, std::size_t, double scale) {
    weights.mean.push_back(scale * draws[parameter].data<float>()[element]);
    weights.variance.push_back(variance);
  });
  return weights;
}

GaussianSamples PbpChain::write(const NormalWeights& weights) const {
  std::vector<GaussianSamples::Marginal> marginals;
  for (const Parameter* parameter : parameters_)
    marginals.push_back({.parameter = parameter->name,
                         .mean = Tensor(parameter->value.shape()),
                         .sigma = Tensor(parameter->value.shape())});
  for_each([&](std::size_t parameter, std::int64_t element, std::size_t weight, double scale) {
    GaussianSamples::Marginal& marginal = marginals[parameter];
    marginal.mean.data<float>()[element] = static_cast<float>(scale * weights.mean[weight]);
    marginal.sigma.data<float>()[element] =
        static_cast<float>(scale * std::sqrt(weights.variance[weight]));
  });
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    parameters_[i]->value.copy_from(marginals[i].mean);
  return GaussianSamples(std::move(marginals));
}

}  // namespace credence
