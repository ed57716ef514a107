#pragma once

#include "credence/data/dataset.h"
#include "credence/losses/loss.h"
#include "credence/model/model.h"

namespace credence {

struct Examples {
  Tensor src;
  Tensor target;

  std::int64_t count() const { return src.shape()[0]; }
};

/// What is checked: a network, and what it learns from.
struct Subject {
  const GraphSpec& graph;
  Model& model;  ///< float32, with the weights in question
  const Loss& loss;
  const Dataset& data;   ///< what it is, or was, trained on
  double kl_weight = 1;  ///< of the KL in the loss
  std::uint64_t seed = 1;

  /// What the loss multiplies the KL by.
  double kl_scale() const { return kl_weight / static_cast<double>(data.size()); }
  /// Up to `count` of its examples, drawn under the seed.
  Examples examples(std::int64_t count) const;
};

/// The values of `from`, by name, in the parameters of `to`, whatever their type. InternalError if
/// one is missing there.
void copy_values(const Model& from, std::span<Parameter* const> to);
/// The same of a whole model, with the centres of its priors: `to` has the same layers.
void copy_values(const Model& from, Model& to);

/// A copy in another type.
Tensor converted(const Tensor& tensor, DType dtype);

}  // namespace credence
