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

void Reparameterization::backward(const VariationalMap& layer, const Tensor& src,
                                  const Tensor& diff_dst, const DiffSrc& diff_src,
                                  const StepContext& /*context*/) {
  Tensor& diff_weights = layer.weight.mu.gradient;  // dw / dmu = 1
  layer.map.backward_weights(src, diff_dst, diff_weights,
                             layer.bias ? &layer.bias->gradient : nullptr, Write::overwrite);
  perturbation_.backward(diff_weights, layer.weight);
  if (diff_src.tensor)
    layer.map.backward_data(diff_dst, weights_, *diff_src.tensor, diff_src.write);
}

}  // namespace credence
