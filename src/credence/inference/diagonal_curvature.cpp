#include "credence/inference/diagonal_curvature.h"

#include <cmath>

#include "credence/bayes/gaussian_samples.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/linear_algebra.h"

namespace credence {
namespace {

Tensor squared(const Tensor& matrix) {
  Tensor squares(matrix.shape(), matrix.dtype());
  transform(matrix, squares, [](auto x) { return x * x; });
  return squares;
}

void add_squares(const CurvatureLayer& layer, Tensor& sum) {
  Tensor gradient(sum.shape(), DType::float64);
  layer.for_each_chunk(
      [&](std::int64_t, std::int64_t examples, const Tensor& sources, const Tensor& gradients) {
        const std::int64_t pixels = layer.pixels();
        if (pixels == 1) {
          multiply(transposed(squared(gradients)), squared(sources), sum, Write::add);
          return;
        }
        for (std::int64_t n = 0; n < examples; ++n) {
          multiply(transposed(gradients.rows(n * pixels, pixels)), sources.rows(n * pixels, pixels),
                   gradient);
          transform(gradient, gradient, sum, Write::add, [](auto g, auto) { return g * g; });
        }
      });
}

}  // namespace

DiagonalCurvature::DiagonalCurvature(const CurvatureLayers& layers, const WeightPrior& prior)
    : layers_(layers), prior_(prior) {
  for (const auto& layer : layers)
    squares_.emplace_back(Shape{layer->outputs(), layer->inputs()}, DType::float64);
}

void DiagonalCurvature::add(bool /*is_first*/) {
  for (std::size_t i = 0; i < layers_.size(); ++i) add_squares(*layers_[i], squares_[i]);
}

std::vector<double> DiagonalCurvature::eigenvalues() {
  std::vector<double> values;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::vector<double> precisions = layers_[i]->precisions(prior_);
    std::size_t element = 0;
    for (const double square : squares_[i].span<double>())
      values.push_back(square / precisions[element++ % precisions.size()]);
  }
  return values;
}

std::unique_ptr<WeightSamples> DiagonalCurvature::posterior(double scale) {
  std::vector<GaussianSamples::Marginal> marginals;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const CurvatureLayer& layer = *layers_[i];
    const std::vector<double> precisions = layer.precisions(prior_);
    Tensor sigma = squares_[i].clone();
    std::size_t element = 0;
    for (double& value : sigma.span<double>())
      value = 1 / std::sqrt(value + scale * precisions[element++ % precisions.size()]);
    const Parameter &weight = layer.weight(), *bias = layer.bias();
    marginals.push_back({weight.name, weight.value.clone(), weight_part(layer, sigma)});
    if (bias) marginals.push_back({bias->name, bias->value.clone(), bias_part(layer, sigma)});
  }
  return std::make_unique<GaussianSamples>(std::move(marginals));
}

}  // namespace credence
