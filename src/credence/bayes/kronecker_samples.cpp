#include "credence/bayes/kronecker_samples.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/linear_algebra.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

using Block = KroneckerSamples::Block;

std::string key(const char* what, const std::string& parameter) {
  return concat(KroneckerSamples::name, ".", what, ".", parameter);
}

Block load(const SavedState& state, std::span<Parameter* const> from_weight) {
  const Parameter& weight = *from_weight[0];
  const Shape& shape = weight.value.shape();
  const DType dtype = weight.value.dtype();
  Block block{.weight = weight.name,
              .weight_mean = state.take(key("mean", weight.name), shape, dtype)};
  const bool may_have_bias =
      from_weight.size() > 1 && from_weight[1]->value.shape() == Shape{shape[0]};
  if (may_have_bias && state.has(key("mean", from_weight[1]->name)) &&
      !state.has(key("inputs", from_weight[1]->name))) {
    block.bias = from_weight[1]->name;
    block.bias_mean = state.take(key("mean", block.bias), {shape[0]}, dtype);
  }
  const std::int64_t inputs = shape.row_size() + (block.bias.empty() ? 0 : 1);
  block.outputs = state.take(key("outputs", weight.name), {shape[0], shape[0]}, dtype);
  block.inputs = state.take(key("inputs", weight.name), {inputs, inputs}, dtype);
  block.sigma = state.take(key("sigma", weight.name), {shape[0], inputs}, dtype);
  block.scale = state.take(key("scale", weight.name), {inputs}, dtype);
  return block;
}

/// V (sigma * (V^T z U)) U^T
Tensor draw(const Block& block, NoiseKey noise, NoisePosition position) {
  Tensor z(block.sigma.shape(), block.sigma.dtype()), half(z.shape(), z.dtype());
  fill_normal(z, noise, position);
  multiply(transposed(block.outputs), z, half);
  multiply(half, block.inputs, z);
  transform(z, block.sigma, z, Write::overwrite, [](auto e, auto sigma) { return e * sigma; });
  multiply(block.outputs, z, half);
  multiply(half, transposed(block.inputs), z);
  return z;
}

/// value = mean + columns [first, first + those of value) of `drawn`, scaled.
void write_columns(const Block& block, const Tensor& drawn, std::int64_t first, const Tensor& mean,
                   Tensor& value) {
  with_real_type(drawn.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t columns = value.size() / value.shape()[0], width = drawn.shape()[1];
    for (std::int64_t i = 0; i < value.size(); ++i) {
      const std::int64_t column = first + i % columns;
      value.data<T>()[i] = mean.data<T>()[i] + block.scale.data<T>()[column] *
                                                   drawn.data<T>()[i / columns * width + column];
    }
  });
}

}  // namespace

KroneckerSamples::KroneckerSamples(const SavedState& state,
                                   std::span<Parameter* const> parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (state.has(key("inputs", parameters[i]->name)))
      blocks_.push_back(load(state, parameters.subspan(i)));
  require<DataError>(!blocks_.empty(), "posterior: expected tensors \"", key("inputs", "..."),
                     "\" of the network's parameters, found none");
}

bool KroneckerSamples::varies(const Parameter& parameter) const {
  return std::ranges::any_of(blocks_, [&](const Block& block) {
    return block.weight == parameter.name || block.bias == parameter.name;
  });
}

void KroneckerSamples::write(std::int64_t sample, std::uint64_t seed,
                             std::span<Parameter* const> parameters) const {
  for (const Block& block : blocks_) {
    const Tensor drawn = draw(block, noise_key(seed, Stream::predict, block.weight),
                              {.sample = static_cast<std::uint32_t>(sample)});
    for (Parameter* parameter : parameters) {
      if (parameter->name == block.weight)
        write_columns(block, drawn, 0, block.weight_mean, parameter->value);
      else if (parameter->name == block.bias)
        write_columns(block, drawn, drawn.shape()[1] - 1, block.bias_mean, parameter->value);
    }
  }
}

std::vector<NamedTensor> KroneckerSamples::state() const {
  std::vector<NamedTensor> state;
  for (const Block& block : blocks_) {
    state.push_back({key("mean", block.weight), block.weight_mean});
    if (!block.bias.empty()) state.push_back({key("mean", block.bias), block.bias_mean});
    state.push_back({key("outputs", block.weight), block.outputs});
    state.push_back({key("inputs", block.weight), block.inputs});
    state.push_back({key("sigma", block.weight), block.sigma});
    state.push_back({key("scale", block.weight), block.scale});
  }
  return state;
}

}  // namespace credence
