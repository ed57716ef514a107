#include "credence/bayes/per_example.h"

#include <algorithm>

#include "credence/distributions/softplus.h"
#include "credence/kernels/elementwise.h"

namespace credence {

void PerExample::setup(const LayerSetup& setup, const LinearMap& map) {
  for (Tensor* tensor : {&sigma_, &diff_sigma_, &mu_by_dst_, &sigma_by_dst_})
    *tensor = Tensor(map.weights_shape(), setup.dtype);
}

void PerExample::begin_pass(const MeanFieldGaussian& posterior, const StepContext& context) {
  key_ = noise_key(context.seed, Stream::posterior, posterior.name);
  position_ = {.step = context.step, .example = context.first_example, .sample = context.sample};
  const auto threads = static_cast<std::size_t>(thread_count());
  if (draws_.size() < threads) draws_.resize(threads);
  for (Draw& draw : draws_) draw.row = -1;
}

void PerExample::forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
                         const StepContext& context) {
  begin_pass(layer.weight, context);
  transform(layer.weight.rho.value, sigma_, [](auto rho) { return softplus(rho); });
  pack_weights(layer.weight.mu.value, WeightOrder::by_dst, mu_by_dst_);
  pack_weights(sigma_, WeightOrder::by_dst, sigma_by_dst_);
  layer.map.forward(src, *this, layer.bias ? &layer.bias->value : nullptr, dst);
}

void PerExample::backward(const VariationalMap& layer, const LayerPass& pass,
                          const StepContext& context) {
  begin_pass(layer.weight, context);
  const std::int64_t lanes = gradient_lanes(pass.src.shape()[0]);
  mu_sums_.start(lanes, sigma_.size(), sigma_.dtype());
  sigma_sums_.start(lanes, sigma_.size(), sigma_.dtype());
  layer.map.backward(pass.linear(layer.bias), *this);
  unpack_weights(mu_sums_.total(), layer.weight.mu.gradient, Write::overwrite);
  unpack_weights(sigma_sums_.total(), diff_sigma_, Write::overwrite);
  transform(diff_sigma_, layer.weight.rho.value, layer.weight.rho.gradient, Write::overwrite,
            [](auto d, auto rho) { return d * softplus_derivative(rho); });
}

const Tensor& PerExample::eps(std::int64_t n) {
  Draw& draw = draws_[static_cast<std::size_t>(thread_number())];
  if (draw.row == n) return draw.eps;
  if (draw.eps.empty()) draw.eps = Tensor(sigma_.shape(), sigma_.dtype());
  NoisePosition position = position_;
  position.example += static_cast<std::uint32_t>(n);
  with_real_type(sigma_.dtype(),
                 [&](auto zero) { fill_normal(draw.eps.span<decltype(zero)>(), key_, position); });
  draw.row = n;
  return draw.eps;
}

void PerExample::make(std::int64_t n, WeightOrder order, Tensor& weights) {
  const Tensor& draw = eps(n);
  const std::int64_t outputs = sigma_.shape()[0], inputs = sigma_.shape()[1];
  const std::int64_t size = sigma_.size(), taps = size / outputs / inputs;
  with_real_type(weights.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const mu = mu_by_dst_.data<T>(), *const sigma = sigma_by_dst_.data<T>(),
                   *const e = draw.data<T>();
    T* const weight = weights.data<T>();
    if (order == WeightOrder::by_dst) {
#pragma omp simd
      for (std::int64_t k = 0; k < size; ++k) weight[k] = mu[k] + sigma[k] * e[k];
      return;
    }
    constexpr std::int64_t tile = 16;  // outputs whose rows of weights are written together
    for (std::int64_t tap = 0; tap < taps; ++tap)
      for (std::int64_t first = 0; first < outputs; first += tile)
        for (std::int64_t i = 0; i < inputs; ++i) {
          const std::int64_t from = (tap * inputs + i) * outputs, to = tap * inputs * outputs + i;
          for (std::int64_t o = first; o < std::min(outputs, first + tile); ++o)
            weight[to + o * inputs] = mu[from + o] + sigma[from + o] * e[from + o];
        }
  });
}

void PerExample::take_gradient(std::int64_t n, std::int64_t lane, const Tensor& diff_weights) {
  const Tensor& draw = eps(n);
  with_real_type(diff_weights.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const diff = diff_weights.data<T>(), *const e = draw.data<T>();
    T *const mu = mu_sums_.lane<T>(lane), *const sigma = sigma_sums_.lane<T>(lane);
#pragma omp simd
    for (std::int64_t k = 0; k < sigma_.size(); ++k) {
      mu[k] += diff[k];
      sigma[k] += e[k] * diff[k];
    }
  });
}

}  // namespace credence
