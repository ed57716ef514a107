#include "credence/bayes/map_optimizer.h"

#include "credence/kernels/elementwise.h"

namespace credence {

MapOptimizer::MapOptimizer(Optimizer& optimizer, const WeightPrior& prior,
                           std::span<Parameter* const> parameters, std::int64_t examples)
    : optimizer_(optimizer) {
  for (const Parameter* parameter : parameters)
    decays_.push_back(prior.precision(*parameter) / static_cast<double>(examples));
}

void MapOptimizer::begin_step(std::span<Parameter* const> parameters, double learning_rate,
                              const StepContext& context) {
  require<InternalError>(parameters.size() == decays_.size(), "map_optimizer: step with ",
                         parameters.size(), " parameters, of ", decays_.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    Parameter& parameter = *parameters[p];
    transform(parameter.value, parameter.value, parameter.gradient, Write::add,
              [scale = decays_[p]](auto w, auto) { return static_cast<decltype(w)>(scale) * w; });
  }
  optimizer_.begin_step(parameters, learning_rate, context);
}

}  // namespace credence
