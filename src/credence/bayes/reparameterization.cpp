#include "credence/bayes/reparameterization.h"

#include "credence/kernels/elementwise.h"

namespace credence {

void Reparameterization::setup(const LayerSetup& setup, const LinearMap& map) {
  perturbation_.setup(map.weights_shape(), setup.dtype);
  weights_ = Tensor(map.weights_shape(), setup.dtype);
}

void Reparameterization::forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
                                 const StepContext& context) {
  perturbation_.draw(layer.weight, context);
  transform(layer.weight.mu.value, perturbation_.value(), weights_, Write::overwrite,
            [](auto mu, auto departure) { return mu + departure; });
  layer.map.forward(src, weights_, layer.bias ? &layer.bias->value : nullptr, dst);
}

void Reparameterization::backward(const VariationalMap& layer, const LayerPass& pass,
                                  const StepContext& /*context*/) {
  Tensor& diff_weights = layer.weight.mu.gradient;  // dw / dmu = 1
  layer.map.backward(pass.linear(layer.bias), weights_, diff_weights);
  perturbation_.backward(diff_weights, layer.weight);
}

}  // namespace credence
