#pragma once

#include <functional>
#include <memory>

#include "credence/config/option_reader.h"
#include "credence/data/dataset.h"
#include "credence/losses/loss.h"
#include "credence/model/model.h"

namespace credence {

/// The loss of a recipe: train.loss.
struct LossSection {
  /// For data with so many classes, 0 for regression, and a network that ends in Softmax or not.
  std::function<std::unique_ptr<Loss>(std::int64_t classes, bool ends_in_softmax)> choose_loss;
  /// For a network and its data. ConfigError, with its place, if it does not fit them.
  std::function<std::unique_ptr<Loss>(const Model& model, const Dataset& data)> make_loss;
};

LossSection read_loss_section(OptionReader& reader);

/// Gives the network a layer at its end that has the parameter which `loss` learns, if it does.
void add_learned_parameter(GraphSpec& graph, const Loss& loss, std::int64_t targets);

}  // namespace credence
