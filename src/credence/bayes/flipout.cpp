#include "credence/bayes/flipout.h"

#include "credence/kernels/channels.h"
#include "credence/kernels/noise.h"

namespace credence {

void Flipout::setup(const LayerSetup& setup, const LinearMap& map) {
  const Shape src = map.src_shape(), dst = map.dst_shape(), weights = map.weights_shape();
  src_signs_name_ = setup.name + ".weight.s";
  dst_signs_name_ = setup.name + ".weight.r";
  by_example_ = map.has_cheap_example_weights();
  perturbation_.setup(weights, setup.dtype);
  diff_perturbation_ = Tensor(weights, setup.dtype);
  src_signs_ = Tensor({setup.max_batch, src[-1]}, setup.dtype);
  dst_signs_ = Tensor({setup.max_batch, dst[-1]}, setup.dtype);
  if (by_example_) {
    for (Packed* packed : {&by_dst_, &by_src_})
      *packed = {Tensor(weights, setup.dtype), Tensor(weights, setup.dtype)};
  } else {
    signed_src_ = Tensor(src.prepend(setup.max_batch), setup.dtype);
    signed_dst_ = Tensor(dst.prepend(setup.max_batch), setup.dtype);
  }
}

void Flipout::forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
                      const StepContext& context) {
  const std::int64_t batch = src.shape()[0];
  Tensor s = src_signs_.rows(0, batch), r = dst_signs_.rows(0, batch);
  const NoisePosition position{
      .step = context.step, .example = context.first_example, .sample = context.sample};
  fill_signs_by_example(s, noise_key(context.seed, Stream::signs, src_signs_name_), position);
  fill_signs_by_example(r, noise_key(context.seed, Stream::signs, dst_signs_name_), position);
  perturbation_.draw(layer.weight, context);
  if (!by_example_) return forward_twice(layer, src, dst);

  pack_weights(layer.weight.mu.value, WeightOrder::by_dst, by_dst_.mu);
  pack_weights(perturbation_.value(), WeightOrder::by_dst, by_dst_.departure);
  layer.map.forward(src, *this, layer.bias ? &layer.bias->value : nullptr, dst);
}

void Flipout::backward(const VariationalMap& layer, const LayerPass& pass,
                       const StepContext& /*context*/) {
  if (by_example_)
    backward_by_example(layer, pass);
  else
    backward_twice(layer, pass);
  perturbation_.backward(diff_perturbation_, layer.weight);
}

void Flipout::backward_by_example(const VariationalMap& layer, const LayerPass& pass) {
  const Tensor& mu = layer.weight.mu.value;
  if (pass.diff_src.tensor) {
    pack_weights(mu, WeightOrder::by_src, by_src_.mu);
    pack_weights(perturbation_.value(), WeightOrder::by_src, by_src_.departure);
  }
  const std::int64_t lanes = gradient_lanes(pass.src.shape()[0]);
  mu_sums_.start(lanes, mu.size(), mu.dtype());
  departure_sums_.start(lanes, mu.size(), mu.dtype());
  layer.map.backward(pass.linear(layer.bias), *this);
  unpack_weights(mu_sums_.total(), layer.weight.mu.gradient, Write::overwrite);
  unpack_weights(departure_sums_.total(), diff_perturbation_, Write::overwrite);
}

void Flipout::make(std::int64_t n, WeightOrder order, Tensor& weights) {
  const bool is_by_dst = order == WeightOrder::by_dst;
  const Packed& packed = is_by_dst ? by_dst_ : by_src_;
  const Tensor& row_signs = is_by_dst ? src_signs_ : dst_signs_;
  const Tensor& column_signs = is_by_dst ? dst_signs_ : src_signs_;
  const std::int64_t rows = row_signs.shape()[1], columns = column_signs.shape()[1];
  const std::int64_t all_rows = packed.mu.size() / columns;
  with_real_type(weights.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const row_sign = row_signs.data<T>() + n * rows, *const column_sign =
                                                                  column_signs.data<T>() +
                                                                  n * columns;
    for (std::int64_t row = 0; row < all_rows; ++row) {
      const T sign = row_sign[row % rows];
      const T *const mu = packed.mu.data<T>() + row * columns, *const departure =
                                                                   packed.departure.data<T>() +
                                                                   row * columns;
      T* const weight = weights.data<T>() + row * columns;
#pragma omp simd
      for (std::int64_t c = 0; c < columns; ++c)
        weight[c] = mu[c] + sign * (departure[c] * column_sign[c]);
    }
  });
}

void Flipout::take_gradient(std::int64_t n, std::int64_t lane, const Tensor& diff_weights) {
  const std::int64_t inputs = src_signs_.shape()[1], outputs = dst_signs_.shape()[1];
  const std::int64_t all_rows = diff_perturbation_.size() / outputs;
  with_real_type(diff_weights.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const s = src_signs_.data<T>() + n * inputs, *const r =
                                                              dst_signs_.data<T>() + n * outputs;
    for (std::int64_t row = 0; row < all_rows; ++row) {
      const T sign = s[row % inputs];
      const T* const diff = diff_weights.data<T>() + row * outputs;
      T *const mu = mu_sums_.lane<T>(lane) + row * outputs, *const departure =
                                                                departure_sums_.lane<T>(lane) +
                                                                row * outputs;
#pragma omp simd
      for (std::int64_t o = 0; o < outputs; ++o) {
        mu[o] += diff[o];
        departure[o] += sign * (diff[o] * r[o]);
      }
    }
  });
}

void Flipout::forward_twice(const VariationalMap& layer, const Tensor& src, Tensor& dst) {
  const std::int64_t batch = src.shape()[0];
  Tensor signed_src = signed_src_.rows(0, batch), signed_dst = signed_dst_.rows(0, batch);
  layer.map.forward(src, layer.weight.mu.value, layer.bias ? &layer.bias->value : nullptr, dst);
  scale_example_channels(src, src_signs_.rows(0, batch), signed_src, Write::overwrite);
  layer.map.forward(signed_src, perturbation_.value(), nullptr, signed_dst);
  scale_example_channels(signed_dst, dst_signs_.rows(0, batch), dst, Write::add);
}

void Flipout::backward_twice(const VariationalMap& layer, const LayerPass& pass) {
  const std::int64_t batch = pass.src.shape()[0];
  Tensor signed_src = signed_src_.rows(0, batch), signed_diff = signed_dst_.rows(0, batch);
  const bool asks_for_src = pass.diff_src.tensor != nullptr;

  layer.map.backward(pass.linear(layer.bias), layer.weight.mu.value, layer.weight.mu.gradient);
  scale_example_channels(pass.diff_dst, dst_signs_.rows(0, batch), signed_diff, Write::overwrite);
  layer.map.backward({.src = signed_src,
                      .dst = signed_diff,
                      .diff_dst = signed_diff,
                      .diff_src = asks_for_src ? &signed_src : nullptr},
                     perturbation_.value(), diff_perturbation_);
  if (asks_for_src)
    scale_example_channels(signed_src, src_signs_.rows(0, batch), *pass.diff_src.tensor,
                           Write::add);
}

}  // namespace credence
