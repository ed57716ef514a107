#pragma once

#include <vector>

#include "credence/bayes/saved_state.h"

namespace credence {

/// What gathers something in the course of a training, beside the weights and the optimizer, that a
/// training which goes on from a checkpoint must have again.
class Stateful {
 public:
  virtual ~Stateful() = default;
  /// All of it as it is now, under names of its own; may share memory.
  virtual std::vector<NamedTensor> state() const = 0;
  /// Takes what state() gave, after so many steps. DataError if that is not it.
  virtual void restore(std::int64_t step, const SavedState& state) = 0;
};

}  // namespace credence
