#pragma once

#include <optional>

#include "credence/bayes/weight_samples.h"
#include "credence/model/model.h"

namespace credence {

/// Lets draws set a model's weights, if there are samples of them; it has its own again afterwards.
class DrawnWeights {
 public:
  DrawnWeights(Model& model, const WeightSamples* weights) : model_(model) {
    if (!weights) return;
    own_.emplace(model.parameters());
    model.set_varying([=](const Parameter& parameter) { return weights->varies(parameter); });
  }
  ~DrawnWeights() {
    if (!own_) return;
    model_.set_varying([](const Parameter&) { return false; });
    own_->restore();
  }
  DrawnWeights(const DrawnWeights&) = delete;
  DrawnWeights& operator=(const DrawnWeights&) = delete;

 private:
  Model& model_;
  std::optional<SavedValues> own_;
};

}  // namespace credence
