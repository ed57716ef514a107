#pragma once

#include <optional>

#include "credence/comm/communicator.h"
#include "credence/model/model.h"
#include "credence/train/observer.h"

namespace credence {

/// Finds where a loss stops being finite.
class NotFinite {
 public:
  NotFinite(const Model& model, Communicator& communicator)
      : model_(model), communicator_(communicator) {}

  /// The loss of the model's last forward pass is not finite: this says where, if it is the first.
  void note();
  /// NumericalError, naming step and layer, on every rank, though the loss of some alone may be
  /// what is not finite. Collective.
  [[noreturn]] void explain(const StepReport& report) const;

 private:
  std::size_t first_node() const;

  const Model& model_;
  Communicator& communicator_;
  std::optional<std::size_t> node_;  // of the first micro-batch whose loss is not finite
};

}  // namespace credence
