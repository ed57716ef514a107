#include "credence/bayes/full_gaussian_samples.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/linear_algebra.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

std::string key(const char* what, const std::string& parameter) {
  return concat(FullGaussianSamples::name, ".", what, ".", parameter);
}

}  // namespace

FullGaussianSamples::FullGaussianSamples(const SavedState& state,
                                         std::span<Parameter* const> parameters) {
  std::int64_t all = 0;
  for (const Parameter* parameter : parameters)
    if (state.has(key("mean", parameter->name))) all += parameter->value.size();
  require<DataError>(all > 0, "posterior: expected tensors \"", key("mean", "..."),
                     "\" of the network's parameters, found none");
  for (const Parameter* parameter : parameters) {
    const std::string& of = parameter->name;
    if (!state.has(key("mean", of))) continue;
    const DType dtype = parameter->value.dtype();
    marginals_.push_back(
        {.parameter = of,
         .mean = state.take(key("mean", of), parameter->value.shape(), dtype),
         .root = state.take(key("root", of), {parameter->value.size(), all}, dtype)});
  }
}

const FullGaussianSamples::Marginal* FullGaussianSamples::find(const Parameter& parameter) const {
  const auto found = std::ranges::find(marginals_, parameter.name, &Marginal::parameter);
  return found == marginals_.end() ? nullptr : &*found;
}

void FullGaussianSamples::write(std::int64_t sample, std::uint64_t seed,
                                std::span<Parameter* const> parameters) const {
  const Tensor& first = marginals_.front().root;
  Tensor z({first.shape()[1], 1}, first.dtype());
  fill_normal(z, noise_key(seed, Stream::predict, name),
              {.sample = static_cast<std::uint32_t>(sample)});
  for (Parameter* parameter : parameters) {
    const Marginal* const marginal = find(*parameter);
    if (!marginal) continue;
    Tensor value = parameter->value.reshaped({parameter->value.size(), 1});
    multiply(marginal->root, z, value);
    copy(marginal->mean, parameter->value, Write::add);
  }
}

std::vector<NamedTensor> FullGaussianSamples::state() const {
  std::vector<NamedTensor> state;
  for (const Marginal& marginal : marginals_) {
    state.push_back({key("mean", marginal.parameter), marginal.mean});
    state.push_back({key("root", marginal.parameter), marginal.root});
  }
  return state;
}

}  // namespace credence
