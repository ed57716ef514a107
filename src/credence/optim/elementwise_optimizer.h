#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "credence/base/errors.h"
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
  void begin_step(std::span<Parameter* const> parameters, double learning_rate,
                  const StepContext& context) override;
  void update(std::size_t parameter, std::int64_t begin, std::int64_t end) override;
  std::vector<NamedTensor> state() override { return state_; }

 private:
  template <class T>
  using Apply = decltype(std::declval<const Rule&>().template prepare<T>(0.0, std::uint64_t{0}));
  template <class T, int kept>
  void update(Parameter& parameter, NamedTensor* state, std::int64_t begin, std::int64_t end) const;

  Rule rule_;
  std::vector<NamedTensor> state_;          ///< by parameter, then in the order of state_names()
  std::span<Parameter* const> parameters_;  ///< of the update under way
  std::tuple<Apply<float>, Apply<double>> constants_{};  ///< of the update under way
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
void ElementwiseOptimizer<Rule>::begin_step(std::span<Parameter* const> parameters,
                                            double learning_rate, const StepContext& context) {
  const std::size_t kept = rule_.state_names().size();
  require<InternalError>(parameters.size() * kept == state_.size(), Rule::name, ": step with ",
                         parameters.size(), " parameters, but state for ",
                         kept == 0 ? 0 : state_.size() / kept);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = *parameters[i];
    require<ShapeError>(parameter.gradient.size() == parameter.value.size() &&
                            (kept == 0 || state_[i * kept].tensor.size() == parameter.value.size()),
                        Rule::name, ": the gradient or state of ", parameter.name,
                        " does not fit its value ", parameter.value.shape());
  }
  parameters_ = parameters;
  constants_ = {rule_.template prepare<float>(learning_rate, context.step),
                rule_.template prepare<double>(learning_rate, context.step)};
}

template <class Rule>
void ElementwiseOptimizer<Rule>::update(std::size_t parameter, std::int64_t begin,
                                        std::int64_t end) {
  Parameter& updated = *parameters_[parameter];
  const std::size_t kept = rule_.state_names().size();
  NamedTensor* const state = state_.data() + parameter * kept;
  with_real_type(updated.value.dtype(), [&]<class T>(T) {
    switch (kept) {
      case 0:
        return update<T, 0>(updated, state, begin, end);
      case 1:
        return update<T, 1>(updated, state, begin, end);
      default:
        return update<T, 2>(updated, state, begin, end);
    }
  });
}

template <class Rule>
template <class T, int kept>
void ElementwiseOptimizer<Rule>::update(Parameter& parameter, NamedTensor* state,
                                        std::int64_t begin, std::int64_t end) const {
  const auto apply = std::get<Apply<T>>(constants_);
  // Restricted, and of this scope, so that compilers vectorise the loop.
  T* __restrict value = parameter.value.data<T>();
  const T* __restrict gradient = std::as_const(parameter.gradient).template data<T>();
  T* __restrict state0 = kept > 0 ? state[0].tensor.data<T>() : nullptr;
  T* __restrict state1 = kept > 1 ? state[1].tensor.data<T>() : nullptr;
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
}

}  // namespace credence
