#include "credence/bayes/gaussian_samples.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

std::string key(const char* what, const std::string& parameter) {
  return concat(GaussianSamples::name, ".", what, ".", parameter);
}

/// value += sum over k of deviations[k] * y[k].
void add_deviations(const Tensor& deviations, std::span<const float> y, Tensor& value) {
  for (std::int64_t k = 0; k < deviations.shape()[0]; ++k) {
    const Tensor deviation = deviations.rows(k, 1);
    transform(deviation, deviation, value, Write::add,
              [weight = y[static_cast<std::size_t>(k)]](auto d, auto) { return weight * d; });
  }
}

}  // namespace

GaussianSamples::GaussianSamples(const SavedState& state, std::span<Parameter* const> parameters) {
  for (const Parameter* parameter : parameters) {
    const std::string& of = parameter->name;
    if (!state.has(key("mean", of))) continue;
    const Shape& shape = parameter->value.shape();
    const DType dtype = parameter->value.dtype();
    Marginal marginal{.parameter = of,
                      .mean = state.take(key("mean", of), shape, dtype),
                      .sigma = state.take(key("sigma", of), shape, dtype)};
    const auto sigmas = marginal.sigma.span<float>();
    require<DataError>(std::ranges::all_of(sigmas, [](float sigma) { return sigma >= 0; }),
                       "posterior: tensor \"", key("sigma", of),
                       "\": expected 0 or more, got a negative sigma");
    if (state.has(key("deviations", of)))
      marginal.deviations = state.take_rows(key("deviations", of), shape, dtype);
    marginals_.push_back(std::move(marginal));
  }
  require<DataError>(!marginals_.empty(), "posterior: expected tensors \"", key("mean", "..."),
                     "\" of the network's parameters, found none");
}

const GaussianSamples::Marginal* GaussianSamples::find(const Parameter& parameter) const {
  const auto found = std::ranges::find(marginals_, parameter.name, &Marginal::parameter);
  return found == marginals_.end() ? nullptr : &*found;
}

void GaussianSamples::write(std::int64_t sample, std::uint64_t seed,
                            std::span<Parameter* const> parameters) const {
  const NoisePosition position{.sample = static_cast<std::uint32_t>(sample)};
  for (Parameter* parameter : parameters) {
    const Marginal* const marginal = find(*parameter);
    if (!marginal) continue;
    Tensor& value = parameter->value;
    fill_normal(value, noise_key(seed, Stream::predict, parameter->name), position);
    transform(value, marginal->sigma, value, Write::overwrite,
              [](auto z, auto sigma) { return z * sigma; });
    copy(marginal->mean, value, Write::add);
    if (marginal->deviations.empty()) continue;
    std::vector<float> y(static_cast<std::size_t>(marginal->deviations.shape()[0]));
    fill_normal(std::span(y), noise_key(seed, Stream::predict, "deviations"), position);
    add_deviations(marginal->deviations, y, value);
  }
}

std::vector<NamedTensor> GaussianSamples::state() const {
  std::vector<NamedTensor> state;
  for (const Marginal& marginal : marginals_) {
    state.push_back({key("mean", marginal.parameter), marginal.mean});
    state.push_back({key("sigma", marginal.parameter), marginal.sigma});
    if (!marginal.deviations.empty())
      state.push_back({key("deviations", marginal.parameter), marginal.deviations});
  }
  return state;
}

}  // namespace credence
