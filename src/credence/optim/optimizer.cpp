#include "credence/optim/optimizer.h"

#include "credence/kernels/parallel.h"

namespace credence {

void Optimizer::step(std::span<Parameter* const> parameters, double learning_rate,
                     const StepContext& context) {
  begin_step(parameters, learning_rate, context);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parallel_for(parameters[i]->value.size(), elementwise_pieces,
                 [this, i](std::int64_t begin, std::int64_t end) { update(i, begin, end); });
}

}  // namespace credence
