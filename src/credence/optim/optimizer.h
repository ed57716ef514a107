#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "credence/random/step_context.h"
#include "credence/tensor/parameter.h"

namespace credence {

/// Moves parameters against their gradients, in the parameters' own type (float32 or float64).
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  virtual std::string name() const = 0;
  /// Makes the state, zero, for these parameters. The same list is given to every step.
  virtual void setup(std::span<Parameter* const> parameters) = 0;
  /// Called before a step's forward pass: the gradient may be wanted elsewhere than at the
  /// parameters' values, which begin_step() then finds where this has put them.
  virtual void begin_pass(std::span<Parameter* const> /*parameters*/,
                          const StepContext& /*context*/) {}
  /// Begins an update, whose elements update() moves. context.step counts the updates before this
  /// one. ShapeError, InternalError if the parameters are not those of setup().
  virtual void begin_step(std::span<Parameter* const> parameters, double learning_rate,
                          const StepContext& context) = 0;
  /// Moves elements [begin, end) of parameters[parameter]. Several threads may call it at once.
  virtual void update(std::size_t parameter, std::int64_t begin, std::int64_t end) = 0;
  /// A whole update.
  void step(std::span<Parameter* const> parameters, double learning_rate,
            const StepContext& context);
  /// All that must be saved to go on, sharing memory.
  virtual std::vector<NamedTensor> state() = 0;
};

}  // namespace credence
