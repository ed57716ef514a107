#include "credence/bayes/flipout.h"

#include "credence/kernels/channels.h"
#include "credence/kernels/noise.h"

namespace credence {

void Flipout::setup(const LayerSetup& setup, const LinearMap& map) {
  const Shape src = map.src_shape(), dst = map.dst_shape();
  perturbation_.setup(map.weights_shape(), setup.dtype);
  diff_perturbation_ = Tensor(map.weights_shape(), setup.dtype);
  src_signs_ = Tensor({setup.max_batch, src[-1]}, setup.dtype);
  dst_signs_ = Tensor({setup.max_batch, dst[-1]}, setup.dtype);
  signed_src_ = Tensor(src.prepend(setup.max_batch), setup.dtype);
  signed_dst_ = Tensor(dst.prepend(setup.max_batch), setup.dtype);
}

void Flipout::forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
                      const StepContext& context) {
  const std::int64_t batch = src.shape()[0];
  Tensor s = src_signs_.rows(0, batch), r = dst_signs_.rows(0, batch);
  Tensor signed_src = signed_src_.rows(0, batch), signed_dst = signed_dst_.rows(0, batch);
  const NoisePosition position{
      .step = context.step, .example = context.first_example, .sample = context.sample};
  fill_signs_by_example(s, noise_key(context.seed, Stream::signs, layer.weight.name + ".s"),
                        position);
  fill_signs_by_example(r, noise_key(context.seed, Stream::signs, layer.weight.name + ".r"),
                        position);
  perturbation_.draw(layer.weight, context);

  layer.map.forward(src, layer.weight.mu.value, layer.bias ? &layer.bias->value : nullptr, dst);
  scale_example_channels(src, s, signed_src, Write::overwrite);
  layer.map.forward(signed_src, perturbation_.value(), nullptr, signed_dst);
  scale_example_channels(signed_dst, r, dst, Write::add);
}

void Flipout::backward(const VariationalMap& layer, const Tensor& src, const Tensor& diff_dst,
                       const DiffSrc& diff_src, const StepContext& /*context*/) {
  const std::int64_t batch = src.shape()[0];
  const Tensor s = src_signs_.rows(0, batch), r = dst_signs_.rows(0, batch);
  Tensor signed_src = signed_src_.rows(0, batch), signed_diff = signed_dst_.rows(0, batch);

  layer.map.backward_weights(src, diff_dst, layer.weight.mu.gradient,
                             layer.bias ? &layer.bias->gradient : nullptr, Write::overwrite);
  scale_example_channels(diff_dst, r, signed_diff, Write::overwrite);
  layer.map.backward_weights(signed_src, signed_diff, diff_perturbation_, nullptr,
                             Write::overwrite);
  perturbation_.backward(diff_perturbation_, layer.weight);

  if (!diff_src.tensor) return;
  layer.map.backward_data(diff_dst, layer.weight.mu.value, *diff_src.tensor, diff_src.write);
  layer.map.backward_data(signed_diff, perturbation_.value(), signed_src, Write::overwrite);
  scale_example_channels(signed_src, s, *diff_src.tensor, Write::add);
}

}  // namespace credence
