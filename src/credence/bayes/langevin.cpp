#include "credence/bayes/langevin.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/kernels/noise.h"
#include "credence/optim/checks.h"

namespace credence {

Langevin::Langevin(const LangevinOptions& options)
    : options_(options), prior_("langevin", options.prior) {
  require<ConfigError>(options.friction > 0 && options.friction <= 1,
                       "langevin: friction: expected more than 0 and at most 1, got ",
                       options.friction);
  require_not_negative("langevin", "temperature", options.temperature);
}

void Langevin::setup(std::span<Parameter* const> parameters) {
  parameters_.assign(parameters.begin(), parameters.end());
  momenta_.clear();
  noise_.clear();
  for (const Parameter* parameter : parameters) {
    const Shape& shape = parameter->value.shape();
    momenta_.push_back({parameter->name + ".momentum", Tensor(shape, parameter->value.dtype())});
    noise_.emplace_back(shape, parameter->value.dtype());
  }
}

void Langevin::begin_step(std::span<Parameter* const> parameters, double learning_rate,
                          const StepContext& context) {
  require<InternalError>(parameters.size() == momenta_.size(), "langevin: step with ",
                         parameters.size(), " parameters, but state for ", momenta_.size());
  rate_ = learning_rate;
  noise_scale_ = is_noisy_
                     ? std::sqrt(2 * options_.friction * learning_rate * options_.temperature /
                                 static_cast<double>(options_.examples))
                     : 0;
  if (noise_scale_ == 0) return;
  for (std::size_t p = 0; p < parameters.size(); ++p)
    fill_normal(noise_[p], noise_key(context.seed, Stream::posterior, parameters[p]->name),
                {.step = context.step});
}

void Langevin::update(std::size_t parameter, std::int64_t begin, std::int64_t end) {
  Parameter& updated = *parameters_[parameter];
  with_real_type(updated.value.dtype(), [&]<class T>(T) {
    T* const w = updated.value.data<T>();
    T* const momentum = momenta_[parameter].tensor.data<T>();
    const T* const g = updated.gradient.template data<T>();
    const T* const z = noise_[parameter].template data<T>();
    const auto kept = static_cast<T>(1 - options_.friction), rate = static_cast<T>(rate_);
    const auto decay =
        static_cast<T>(prior_.precision(updated) / static_cast<double>(options_.examples));
    const auto noise_scale = static_cast<T>(noise_scale_);
    for (std::int64_t i = begin; i < end; ++i) {
      const T noise = noise_scale == 0 ? 0 : noise_scale * z[i];
      momentum[i] = kept * momentum[i] - rate * (g[i] + decay * w[i]) + noise;
      w[i] += momentum[i];
    }
  });
}

}  // namespace credence
