#include "credence/inference/full_curvature.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/bayes/full_gaussian_samples.h"
#include "credence/kernels/linear_algebra.h"

namespace credence {
namespace {

/// Writes a layer's gradient [outputs, inputs] as its parameters are: the weights, then the biases.
void write_by_parameter(const CurvatureLayer& layer, const Tensor& gradient, double* to) {
  const std::int64_t terms = layer.weight().value.shape().row_size();
  double* biases = to + layer.outputs() * terms;
  for (std::int64_t o = 0; o < layer.outputs(); ++o) {
    const double* const row = gradient.data<double>() + o * layer.inputs();
    to = std::copy_n(row, terms, to);
    if (layer.bias()) *biases++ = row[terms];
  }
}

std::vector<const Parameter*> parameters_of(const CurvatureLayers& layers) {
  std::vector<const Parameter*> parameters;
  for (const auto& layer : layers) {
    parameters.push_back(&layer->weight());
    if (layer->bias()) parameters.push_back(layer->bias());
  }
  return parameters;
}

}  // namespace

FullCurvature::FullCurvature(const CurvatureLayers& layers, const WeightPrior& prior)
    : layers_(layers) {
  for (const Parameter* parameter : parameters_of(layers))
    precisions_.insert(precisions_.end(), static_cast<std::size_t>(parameter->value.size()),
                       prior.precision(*parameter));
  const auto weights = static_cast<std::int64_t>(precisions_.size());
  require<ConfigError>(weights <= most_weights, "structure=full is for at most ", most_weights,
                       " weights, got ", weights,
                       ": take structure=kronecker, or layers=last if they are fewer");
  matrix_ = Tensor({weights, weights}, DType::float64);
}

void FullCurvature::add(bool /*is_first*/) {
  const std::int64_t weights = matrix_.shape()[0];
  Tensor gradients_by_example;
  std::int64_t offset = 0;
  for (const auto& layer : layers_) {
    Tensor gradient({layer->outputs(), layer->inputs()}, DType::float64);
    layer->for_each_chunk([&](std::int64_t first, std::int64_t examples, const Tensor& sources,
                              const Tensor& gradients) {
      if (gradients_by_example.empty())
        gradients_by_example = Tensor({layer->examples(), weights}, DType::float64);
      const std::int64_t pixels = layer->pixels();
      for (std::int64_t n = 0; n < examples; ++n) {
        multiply(transposed(gradients.rows(n * pixels, pixels)), sources.rows(n * pixels, pixels),
                 gradient);
        write_by_parameter(*layer, gradient,
                           gradients_by_example.data<double>() + (first + n) * weights + offset);
      }
    });
    offset += layer->size();
  }
  add_gram(gradients_by_example, matrix_);
}

std::vector<double> FullCurvature::eigenvalues() {
  const Tensor values = symmetric_eigenvalues(whitened(matrix_, precisions_));
  std::vector<double> positive;
  for (const double value : values.span<double>()) positive.push_back(std::max(0.0, value));
  return positive;
}

std::unique_ptr<WeightSamples> FullCurvature::posterior(double scale) {
  Tensor precision = matrix_.clone();
  const std::size_t weights = precisions_.size();
  for (std::size_t i = 0; i < weights; ++i)
    precision.span<double>()[i * weights + i] += scale * precisions_[i];
  const Tensor root = root_of_inverse(precision);
  std::vector<FullGaussianSamples::Marginal> marginals;
  std::int64_t offset = 0;
  for (const Parameter* parameter : parameters_of(layers_)) {
    const std::int64_t size = parameter->value.size();
    marginals.push_back(
        {parameter->name, parameter->value.clone(), to_float32(root.rows(offset, size))});
    offset += size;
  }
  return std::make_unique<FullGaussianSamples>(std::move(marginals));
}

}  // namespace credence
