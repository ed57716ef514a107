#include "credence/layers/linear.h"

#include "credence/layers/pooling1d.h"
#include "credence/layers/relu.h"

namespace credence {
namespace {

/// Null unless the layer is a maximum over windows.
const PoolGeometry* max_pool_of(const Layer& layer) {
  if (const auto* const pool = dynamic_cast<const MaxPool2d*>(&layer)) return &pool->geometry();
  if (const auto* const pool = dynamic_cast<const MaxPool1d*>(&layer))
    return &pool->pool().geometry();
  return nullptr;
}

}  // namespace

bool fuse(LinearMap& map, Epilogue& epilogue, const Layer& next) {
  Epilogue extended = epilogue;
  if (dynamic_cast<const ReLU*>(&next) && !epilogue.relu)
    extended.relu = true;
  else if (const PoolGeometry* pool = max_pool_of(next); pool && !epilogue.max_pool)
    extended.max_pool = *pool;
  else
    return false;
  if (!map.fuse(extended)) return false;
  epilogue = extended;
  return true;
}

double flops_of(const LinearMap& map) {
  const Shape weights = map.weights_shape();
  return 2.0 * static_cast<double>(weights.row_size()) *
         static_cast<double>(map.dst_shape().size());
}

Shape Linear::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  map_ = spec_.make_map(setup, only_source(setup, src_shapes));
  flops_ = flops_of(*map_);
  const Shape weights = map_->weights_shape();
  weight_ = Parameter(setup.name + ".weight", weights, setup.dtype);
  if (spec_.bias) bias_ = Parameter(setup.name + ".bias", {weights[0]}, setup.dtype);
  return map_->dst_shape();
}

void Linear::initialize(std::uint64_t seed) {
  credence::initialize(spec_.initializer, weight_.value,
                       noise_key(seed, Stream::init, weight_.name));
  if (spec_.bias) bias_.value.fill(0);
}

void Linear::forward(std::span<const Tensor> src, Tensor& dst, const StepContext& /*context*/) {
  map_->forward(src[0], weight_.value, spec_.bias ? &bias_.value : nullptr, dst);
}

void Linear::backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                      std::span<DiffSrc> diff_src, const StepContext& /*context*/) {
  const LinearBackward pass{.src = src[0],
                            .dst = dst,
                            .diff_dst = diff_dst,
                            .diff_bias = spec_.bias ? &bias_.gradient : nullptr,
                            .diff_src = diff_src[0].tensor,
                            .write = diff_src[0].write};
  if (tap_) tap_(pass.src, map_->before_epilogue(pass));
  map_->backward(pass, weight_.value, weight_.gradient);
}

std::vector<Parameter*> Linear::parameters() {
  if (spec_.bias) return {&weight_, &bias_};
  return {&weight_};
}

}  // namespace credence
