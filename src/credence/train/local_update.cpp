#include "credence/train/local_update.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/bayes/posterior_average.h"
#include "credence/kernels/elementwise.h"

namespace credence {

LocalUpdate::LocalUpdate(const TrainerParts& parts, const WeightUpdateOptions& options)
    : model_(parts.model),
      steps_(parts, options),
      local_steps_(static_cast<std::uint64_t>(options.local_steps)),
      local_after_(static_cast<std::uint64_t>(options.local_after)),
      steps_per_epoch_(static_cast<std::uint64_t>(parts.loader.steps_per_epoch())),
      ranks_(parts.communicator.size()) {}

bool LocalUpdate::is_local(std::uint64_t step) const {
  return step >= local_after_;
}

bool LocalUpdate::ranks_meet(std::uint64_t step) const {
  return !is_local(step) || (step + 1) % local_steps_ == 0 || (step + 1) % steps_per_epoch_ == 0;
}

double LocalUpdate::examples(const StepContext& context) const {
  return WeightUpdate::examples(context) * share_of_figures(context.step);
}

double LocalUpdate::share_of_figures(std::uint64_t step) const {
  return is_local(step) ? 1.0 / ranks_ : 1.0;
}

void LocalUpdate::begin_pass(const StepContext& context) {
  is_local_ = is_local(context.step);
  steps_.begin_pass(context);
}

void LocalUpdate::add(std::size_t offset, std::size_t count) {
  if (!is_local_) steps_.add(offset, count);
}

void LocalUpdate::finish_gradients() {
  if (!is_local_) steps_.finish_gradients();
}

double LocalUpdate::move(double kl_scale, double learning_rate, const StepContext& context) {
  const double kl = steps_.move(kl_scale, learning_rate, context);
  if (is_local_ && ranks_meet(context.step)) {
    average_weights();
    average_state();
  }
  return kl;
}

/// Sums go by way of the gradients' memory, whose work is done.
void LocalUpdate::average_weights() {
  std::vector<Parameter*> plain = model_.parameters();
  std::vector<MeanFieldGaussian*> posteriors;
  for (const Belief& belief : model_.beliefs()) {
    posteriors.push_back(belief.posterior);
    std::erase(plain, &belief.posterior->mu);
    std::erase(plain, &belief.posterior->rho);
  }
  for (Parameter* parameter : plain) parameter->gradient.copy_from(parameter->value);
  for (MeanFieldGaussian* posterior : posteriors) to_natural_parameters(*posterior);
  steps_.finish_gradients();
  const float share = 1 / static_cast<float>(ranks_);
  for (Parameter* parameter : plain)
    transform(parameter->gradient, parameter->value,
              [share](auto sum) { return static_cast<decltype(sum)>(share) * sum; });
  for (MeanFieldGaussian* posterior : posteriors)
    from_sum_of_natural_parameters(*posterior, ranks_);
}

void LocalUpdate::average_state() {
  const std::vector<Parameter*>& parameters = model_.parameters();
  std::vector<NamedTensor> state = steps_.state();
  const std::size_t kept = state.size() / parameters.size();
  const float share = 1 / static_cast<float>(ranks_);
  for (std::size_t k = 0; k < kept; ++k) {
    for (std::size_t p = 0; p < parameters.size(); ++p)
      parameters[p]->gradient.copy_from(state[p * kept + k].tensor);
    steps_.finish_gradients();
    for (std::size_t p = 0; p < parameters.size(); ++p)
      transform(parameters[p]->gradient, state[p * kept + k].tensor,
                [share](auto sum) { return static_cast<decltype(sum)>(share) * sum; });
  }
}

}  // namespace credence
