#include "credence/bayes/variational_linear.h"

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"

namespace credence {

VariationalLinear::VariationalLinear(LinearSpec linear, const VariationalSpec& variational)
    : spec_(std::move(linear)),
      prior_(variational.prior),
      initial_sigma_(variational.initial_sigma),
      biases_(variational.biases),
      estimator_(variational.estimator()) {
  require<ConfigError>(initial_sigma_ > 0, "posterior: initial_sigma must be positive, got ",
                       initial_sigma_);
}

Shape VariationalLinear::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  map_ = spec_.make_map(setup, only_source(setup, src_shapes));
  flops_ = flops_of(*map_);
  const Shape shape = map_->weights_shape();
  weight_ = MeanFieldGaussian(setup.name + ".weight", shape, setup.dtype);
  if (spec_.bias) bias_ = Parameter(setup.name + ".bias", {shape[0]}, setup.dtype);
  if (draws_bias()) {
    bias_.gradient = Tensor(bias_.value.shape(), setup.dtype);
    bias_posterior_ = MeanFieldGaussian(bias_.name, bias_.value.shape(), setup.dtype);
    bias_draw_.setup(bias_.value.shape(), setup.dtype);
  }
  estimator_->setup(setup, *map_);
  predictive_.setup(shape, setup.dtype);
  predictive_weights_ = Tensor(shape, setup.dtype);
  return map_->dst_shape();
}

void VariationalLinear::initialize(std::uint64_t seed) {
  weight_.initialize(spec_.initializer, initial_sigma_, seed);
  if (draws_bias()) bias_posterior_.initialize_at_zero(initial_sigma_);
  if (spec_.bias) bias_.value.fill(0);
}

void VariationalLinear::forward(std::span<const Tensor> src, Tensor& dst,
                                const StepContext& context) {
  const Tensor* const bias = spec_.bias ? &bias_.value : nullptr;
  if (draws_bias() && context.weights == WeightSampling::mean) {
    bias_.value.copy_from(bias_posterior_.mu.value);
  } else if (draws_bias()) {
    bias_draw_.draw(bias_posterior_, context);
    transform(bias_posterior_.mu.value, bias_draw_.value(), bias_.value, Write::overwrite,
              [](auto mu, auto departure) { return mu + departure; });
  }
  switch (context.weights) {
    case WeightSampling::training:
      estimator_->forward(variational_map(), src[0], dst, context);
      return;
    case WeightSampling::mean:
      map_->forward(src[0], weight_.mu.value, bias, dst);
      return;
    case WeightSampling::predictive:
      break;
  }
  if (!context.reuse_weights) {
    predictive_.draw(weight_, context);
    transform(weight_.mu.value, predictive_.value(), predictive_weights_, Write::overwrite,
              [](auto mu, auto departure) { return mu + departure; });
  }
  map_->forward(src[0], predictive_weights_, bias, dst);
}

void VariationalLinear::backward(std::span<const Tensor> src, const Tensor& dst,
                                 const Tensor& diff_dst, std::span<DiffSrc> diff_src,
                                 const StepContext& context) {
  require<InternalError>(context.weights == WeightSampling::training,
                         "variational layer: a backward pass needs WeightSampling::training");
  estimator_->backward(variational_map(),
                       {.src = src[0], .dst = dst, .diff_dst = diff_dst, .diff_src = diff_src[0]},
                       context);
  if (!draws_bias()) return;
  bias_posterior_.mu.gradient.copy_from(bias_.gradient);  // d bias / d mu = 1
  bias_draw_.backward(bias_.gradient, bias_posterior_);
}

std::vector<Parameter*> VariationalLinear::parameters() {
  std::vector<Parameter*> parameters{&weight_.mu, &weight_.rho};
  if (draws_bias())
    parameters.insert(parameters.end(), {&bias_posterior_.mu, &bias_posterior_.rho});
  else if (spec_.bias)
    parameters.push_back(&bias_);
  return parameters;
}

std::vector<Belief> VariationalLinear::beliefs() {
  std::vector<Belief> beliefs{{&weight_, prior_.get()}};
  if (draws_bias()) beliefs.push_back({&bias_posterior_, prior_.get()});
  return beliefs;
}

bool VariationalLinear::absorb(const Layer& next) {
  return estimator_->allows_epilogue() && fuse(*map_, epilogue_, next);
}

LayerSummary VariationalLinear::summary() const {
  LayerSummary summary = spec_.summary;
  summary.details = concat(estimator_->name(), draws_bias() ? ", biases" : "");
  return summary;
}

VariationalMap VariationalLinear::variational_map() {
  return {*map_, weight_, spec_.bias ? &bias_ : nullptr};
}

}  // namespace credence
