#include "credence/inference/kronecker_curvature.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/bayes/kronecker_samples.h"

namespace credence {
namespace {

/// The prior's sigmas.
Tensor scale_of(std::span<const double> precisions) {
  Tensor scale({static_cast<std::int64_t>(precisions.size())});
  for (std::size_t i = 0; i < precisions.size(); ++i)
    scale.span<float>()[i] = static_cast<float>(1 / std::sqrt(precisions[i]));
  return scale;
}

}  // namespace

KroneckerCurvature::KroneckerCurvature(const CurvatureLayers& layers, const WeightPrior& prior,
                                       std::int64_t examples)
    : layers_(layers), prior_(prior), examples_(examples) {
  for (const auto& layer : layers) {
    const std::int64_t inputs = layer->inputs(), outputs = layer->outputs();
    require<ConfigError>(std::max(inputs, outputs) <= most_rows, "layer \"", layer->name(),
                         "\" has sums of ", inputs, " terms and ", outputs,
                         " outputs: structure=kronecker is for at most ", most_rows,
                         " of each; take structure=diagonal, or layers=last");
    blocks_.push_back({.sources = Tensor({inputs, inputs}, DType::float64),
                       .gradients = Tensor({outputs, outputs}, DType::float64)});
  }
}

void KroneckerCurvature::add(bool is_first) {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    layers_[i]->for_each_chunk(
        [&, i](std::int64_t, std::int64_t, const Tensor& sources, const Tensor& gradients) {
          if (is_first) add_gram(sources, blocks_[i].sources);
          add_gram(gradients, blocks_[i].gradients);
        });
}

std::vector<Tensor> KroneckerCurvature::sums() {
  std::vector<Tensor> sums;
  for (const Block& block : blocks_) {
    sums.push_back(block.sources);
    sums.push_back(block.gradients);
  }
  return sums;
}

void KroneckerCurvature::decompose() {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Block& block = blocks_[i];
    if (!block.inputs.values.empty()) continue;
    block.inputs = symmetric_eigen(whitened(block.sources, layers_[i]->precisions(prior_)));
    block.outputs = symmetric_eigen(block.gradients);
  }
}

Tensor KroneckerCurvature::eigenvalues(std::size_t layer) const {
  const Block& block = blocks_[layer];
  const double weight = 1 / static_cast<double>(examples_ * layers_[layer]->pixels());
  Tensor values({layers_[layer]->outputs(), layers_[layer]->inputs()}, DType::float64);
  double* value = values.data<double>();
  for (const double g : block.outputs.values.span<double>())
    for (const double a : block.inputs.values.span<double>())
      *value++ = weight * std::max(0.0, a) * std::max(0.0, g);
  return values;
}

std::vector<double> KroneckerCurvature::eigenvalues() {
  decompose();
  std::vector<double> all;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Tensor values = eigenvalues(i);
    const auto span = values.span<double>();
    all.insert(all.end(), span.begin(), span.end());
  }
  return all;
}

std::unique_ptr<WeightSamples> KroneckerCurvature::posterior(double scale) {
  decompose();
  std::vector<KroneckerSamples::Block> blocks;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Tensor sigma = eigenvalues(i);
    for (double& value : sigma.span<double>()) value = 1 / std::sqrt(value + scale);
    const Parameter &weight = layers_[i]->weight(), *bias = layers_[i]->bias();
    blocks.push_back({.weight = weight.name,
                      .bias = bias ? bias->name : "",
                      .weight_mean = weight.value.clone(),
                      .bias_mean = bias ? bias->value.clone() : Tensor(),
                      .outputs = to_float32(blocks_[i].outputs.vectors),
                      .inputs = to_float32(blocks_[i].inputs.vectors),
                      .sigma = to_float32(sigma),
                      .scale = scale_of(layers_[i]->precisions(prior_))});
  }
  return std::make_unique<KroneckerSamples>(std::move(blocks));
}

}  // namespace credence
