#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"
#include "credence/optim/optimizer.h"

namespace credence {

/// An optimizer that treats every element alone: all of it but the Rule, which says
///   Options           its options struct
///   name              static constexpr std::string_view
///   Rule(options)     checks them: ConfigError, naming the key
///   state_names()     what it keeps for each element: at most two names
///   prepare<T>(learning_rate, step)
///                     the constants of one step, as a trivially copyable functor with
///                       operator()(T& value, T gradient, T& state0, T& state1)
///                     State that is not kept is zero in each call.
///
/// One pass over memory for each parameter, in the parameter's type, without allocation. Elements
/// do not meet, so the result is the same for any number of threads. See sgd.h for an example.
template <class Rule>
class ElementwiseOptimizer final : public Optimizer {
 public:
  using Options = typename Rule::Options;

  explicit ElementwiseOptimizer(const Options& options = {}) : rule_(options) {}

  std::string name() const override { return std::string(Rule::name); }
  void setup(std::span<Parameter* const> parameters) override;
  void step(std::span<Parameter* const> parameters, double learning_rate,
            const StepContext& context) override;
  std::vector<NamedTensor> state() override { return state_; }

 private:
  template <class T, int kept>
  void update(Parameter& parameter, NamedTensor* state, double learning_rate, std::uint64_t step);
  template <class T>
  void update(Parameter& parameter, NamedTensor* state, double learning_rate, std::uint64_t step);

  Rule rule_;
  std::vector<NamedTensor> state_;  ///< by parameter, then in the order of state_names()
};

template <class Rule>
void ElementwiseOptimizer<Rule>::setup(std::span<Parameter* const> parameters) {
  state_.clear();
  for (const Parameter* parameter : parameters)
    for (const std::string_view kept : rule_.state_names())
      state_.push_back({concat(parameter->name, ".", kept),
                        Tensor(parameter->value.shape(), parameter->value.dtype())});
}

template <class Rule>
void ElementwiseOptimizer<Rule>::step(std::span<Parameter* const> parameters, double learning_rate,
                                      const StepContext& context) {
  const std::size_t kept = rule_.state_names().size();
  require<InternalError>(parameters.size() * kept == state_.size(), Rule::name, ": step with ",
                         parameters.size(), " parameters, but state for ",
                         kept == 0 ? 0 : state_.size() / kept);
  NamedTensor* state = state_.data();
  for (Parameter* parameter : parameters) {
    require<ShapeError>(parameter->gradient.size() == parameter->value.size() &&
                            (kept == 0 || state->tensor.size() == parameter->value.size()),
                        Rule::name, ": the gradient or state of ", parameter->name,
                        " does not fit its value ", parameter->value.shape());
    with_real_type(parameter->value.dtype(),
                   [&]<class T>(T) { update<T>(*parameter, state, learning_rate, context.step); });
    state += kept;
  }
}

template <class Rule>
template <class T>
void ElementwiseOptimizer<Rule>::update(Parameter& parameter, NamedTensor* state,
                                        double learning_rate, std::uint64_t step) {
  switch (rule_.state_names().size()) {
    case 0:
      return update<T, 0>(parameter, state, learning_rate, step);
    case 1:
      return update<T, 1>(parameter, state, learning_rate, step);
    default:
      return update<T, 2>(parameter, state, learning_rate, step);
  }
}

template <class Rule>
template <class T, int kept>
void ElementwiseOptimizer<Rule>::update(Parameter& parameter, NamedTensor* state,
                                        double learning_rate, std::uint64_t step) {
  const auto rule = rule_.template prepare<T>(learning_rate, step);
  T* const values = parameter.value.data<T>();
  const T* const gradients = std::as_const(parameter.gradient).template data<T>();
  T* const states0 = kept > 0 ? state[0].tensor.data<T>() : nullptr;
  T* const states1 = kept > 1 ? state[1].tensor.data<T>() : nullptr;
  parallel_for(parameter.value.size(), elementwise_pieces,
               [=](std::int64_t begin, std::int64_t end) {
                 // Restricted, and of the loop's own scope, so that compilers vectorise it.
                 T* __restrict value = values;
                 const T* __restrict gradient = gradients;
                 T* __restrict state0 = states0;
                 T* __restrict state1 = states1;
                 const auto apply = rule;
                 for (std::int64_t i = begin; i < end; ++i) {
                   T none0 = 0;
                   T none1 = 0;
                   if constexpr (kept == 0)
                     apply(value[i], gradient[i], none0, none1);
                   else if constexpr (kept == 1)
                     apply(value[i], gradient[i], state0[i], none1);
                   else
                     apply(value[i], gradient[i], state0[i], state1[i]);
                 }
               });
}

}  // namespace credence
