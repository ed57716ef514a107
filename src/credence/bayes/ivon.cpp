#include "credence/bayes/ivon.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/noise.h"
#include "credence/optim/checks.h"

namespace credence {

Ivon::Ivon(const IvonOptions& options, std::int64_t examples)
    : options_(options), prior_("ivon", options.prior), examples_(static_cast<double>(examples)) {
  require_fraction("ivon", "beta1", options.beta1);
  require_fraction("ivon", "beta2", options.beta2);
  require_positive("ivon", "initial_hessian", options.initial_hessian);
}

void Ivon::setup(std::span<Parameter* const> parameters) {
  parameters_.assign(parameters.begin(), parameters.end());
  slots_.clear();
  for (const Parameter* parameter : parameters) {
    const Shape& shape = parameter->value.shape();
    Slot slot{.gradient_mean = Tensor(shape),
              .hessian = Tensor(shape),
              .mean = Tensor(shape),
              .departure = Tensor(shape),
              .decay = static_cast<float>(prior_.precision(*parameter) / examples_)};
    slot.hessian.fill(options_.initial_hessian);
    slots_.push_back(std::move(slot));
  }
}

float Ivon::sigma(const Slot& slot, std::int64_t i) const {
  return 1 /
         std::sqrt(static_cast<float>(examples_) * (slot.hessian.data<float>()[i] + slot.decay));
}

void Ivon::begin_pass(std::span<Parameter* const> parameters, const StepContext& context) {
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    Slot& slot = slots_[p];
    Tensor& value = parameters[p]->value;
    slot.mean.copy_from(value);
    fill_normal(slot.departure, noise_key(context.seed, Stream::posterior, parameters[p]->name),
                {.step = context.step});
    float *const w = value.data<float>(), *const departure = slot.departure.data<float>();
    parallel_for(value.size(), elementwise_pieces, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        departure[i] *= sigma(slot, i);
        w[i] += departure[i];
      }
    });
  }
}

void Ivon::begin_step(std::span<Parameter* const> parameters, double learning_rate,
                      const StepContext& context) {
  require<InternalError>(parameters.size() == slots_.size(), "ivon: step with ", parameters.size(),
                         " parameters, but state for ", slots_.size());
  rate_ = static_cast<float>(learning_rate);
  debias_ =
      static_cast<float>(1 / (1 - std::pow(options_.beta1, static_cast<double>(context.step) + 1)));
}

void Ivon::update(std::size_t parameter, std::int64_t begin, std::int64_t end) {
  Slot& slot = slots_[parameter];
  float* const w = parameters_[parameter]->value.data<float>();
  const float* const g = parameters_[parameter]->gradient.data<float>();
  const float *const m = slot.mean.data<float>(), *const departure = slot.departure.data<float>();
  float *const g_mean = slot.gradient_mean.data<float>(), *const h = slot.hessian.data<float>();
  const auto beta1 = static_cast<float>(options_.beta1), beta2 = static_cast<float>(options_.beta2);
  const float rest1 = 1 - beta1, rest2 = static_cast<float>(1 - options_.beta2);
  const float d = slot.decay, n = static_cast<float>(examples_);
  const float rate = rate_ * (static_cast<float>(options_.initial_hessian) + d);
  for (std::int64_t i = begin; i < end; ++i) {
    const float damped = h[i] + d;
    const float curvature = g[i] * departure[i] * n * damped;
    const float change = h[i] - curvature;
    g_mean[i] = beta1 * g_mean[i] + rest1 * g[i];
    h[i] = beta2 * h[i] + rest2 * curvature + rest2 * rest2 / 2 * change * change / damped;
    w[i] = m[i] - rate * (debias_ * g_mean[i] + d * m[i]) / (h[i] + d);
  }
}

std::vector<NamedTensor> Ivon::state() {
  std::vector<NamedTensor> state;
  for (std::size_t p = 0; p < slots_.size(); ++p) {
    state.push_back({parameters_[p]->name + ".gradient_mean", slots_[p].gradient_mean});
    state.push_back({parameters_[p]->name + ".hessian", slots_[p].hessian});
  }
  return state;
}

std::vector<GaussianSamples::Marginal> Ivon::posterior(
    std::span<Parameter* const> parameters) const {
  std::vector<GaussianSamples::Marginal> marginals;
  for (std::size_t p = 0; p < slots_.size(); ++p) {
    Tensor sigmas(parameters[p]->value.shape());
    for (std::int64_t i = 0; i < sigmas.size(); ++i)
      sigmas.span<float>()[static_cast<std::size_t>(i)] = sigma(slots_[p], i);
    marginals.push_back(
        {.parameter = parameters[p]->name, .mean = parameters[p]->value.clone(), .sigma = sigmas});
  }
  return marginals;
}

}  // namespace credence
