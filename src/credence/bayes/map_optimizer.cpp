#include "credence/bayes/map_optimizer.h"

#include "credence/kernels/elementwise.h"

namespace credence {

void MapOptimizer::begin_step(std::span<Parameter* const> parameters, double learning_rate,
                              const StepContext& context) {
  for (Parameter* parameter : parameters) {
    const double scale = prior_.precision(*parameter) / static_cast<double>(examples_);
    transform(parameter->value, parameter->value, parameter->gradient, Write::add,
              [scale](auto w, auto) { return static_cast<decltype(w)>(scale) * w; });
  }
  optimizer_.begin_step(parameters, learning_rate, context);
}

}  // namespace credence
