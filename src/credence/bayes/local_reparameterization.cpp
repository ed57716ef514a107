#include "credence/bayes/local_reparameterization.h"

#include <cmath>
#include <limits>

#include "credence/distributions/softplus.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

/// A smaller variance is none: its root has lost its digits, and the slope would overflow.
template <class T>
constexpr T smallest_variance = std::numeric_limits<T>::min();

}  // namespace

void LocalReparameterization::setup(const LayerSetup& setup, const LinearMap& map) {
  weight_variance_ = Tensor(map.weights_shape(), setup.dtype);
  diff_weight_variance_ = Tensor(map.weights_shape(), setup.dtype);
  squared_src_ = Tensor(map.src_shape().prepend(setup.max_batch), setup.dtype);
  variance_ = Tensor(map.dst_shape().prepend(setup.max_batch), setup.dtype);
  slope_ = Tensor(map.dst_shape().prepend(setup.max_batch), setup.dtype);
}

void LocalReparameterization::forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
                                      const StepContext& context) {
  const std::int64_t batch = src.shape()[0];
  Tensor squared_src = squared_src_.rows(0, batch), variance = variance_.rows(0, batch);
  Tensor eps = slope_.rows(0, batch);
  transform(src, squared_src, [](auto x) { return x * x; });
  transform(layer.weight.rho.value, weight_variance_, [](auto rho) {
    const auto sigma = softplus(rho);
    return sigma * sigma;
  });
  fill_normal_by_example(
      eps, noise_key(context.seed, Stream::posterior, layer.weight.name),
      {.step = context.step, .example = context.first_example, .sample = context.sample});

  layer.map.forward(src, layer.weight.mu.value, layer.bias ? &layer.bias->value : nullptr, dst);
  layer.map.forward(squared_src, weight_variance_, nullptr, variance);
  transform(variance, eps, dst, Write::add, [](auto v, auto e) {
    return v >= smallest_variance<decltype(v)> ? std::sqrt(v) * e : 0;
  });
  transform(variance, eps, eps, Write::overwrite, [](auto v, auto e) {
    return v >= smallest_variance<decltype(v)> ? e / (2 * std::sqrt(v)) : 0;
  });
}

void LocalReparameterization::backward(const VariationalMap& layer, const LayerPass& pass,
                                       const StepContext& /*context*/) {
  const std::int64_t batch = pass.src.shape()[0];
  Tensor squared_src = squared_src_.rows(0, batch), diff_variance = variance_.rows(0, batch);
  const Tensor slope = slope_.rows(0, batch);

  layer.map.backward(pass.linear(layer.bias), layer.weight.mu.value, layer.weight.mu.gradient);
  transform(pass.diff_dst, slope, diff_variance, Write::overwrite,
            [](auto dy, auto s) { return dy * s; });
  layer.map.backward({.src = squared_src,
                      .dst = variance_,
                      .diff_dst = diff_variance,
                      .diff_src = pass.diff_src.tensor ? &squared_src : nullptr},
                     weight_variance_, diff_weight_variance_);
  transform(diff_weight_variance_, layer.weight.rho.value, layer.weight.rho.gradient,
            Write::overwrite,
            [](auto d, auto rho) { return d * 2 * softplus(rho) * softplus_derivative(rho); });

  if (!pass.diff_src.tensor) return;
  const Tensor& diff_squared_src = squared_src;
  transform(pass.src, diff_squared_src, *pass.diff_src.tensor, Write::add,
            [](auto x, auto d) { return 2 * x * d; });
}

}  // namespace credence
