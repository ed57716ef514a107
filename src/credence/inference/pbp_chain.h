#pragma once

#include "credence/bayes/gaussian_samples.h"
#include "credence/inference/pbp_network.h"
#include "credence/model/model.h"

namespace credence {

/// A model as the layers of probabilistic backpropagation, and the parameters that they are. A
/// parameter's elements are the network's weights times the scale of their layer.
class PbpChain {
 public:
  /// ConfigError, naming the layer, unless the model is a chain of Dense layers with ReLU between
  /// them, the last of one output, and then a layer that has the sigma of targets as a parameter.
  /// Flatten may come first.
  explicit PbpChain(const Model& model);

  const std::vector<PbpLayer>& layers() const { return layers_; }
  /// Of which the sigma of targets is made.
  Parameter& rho() const { return *rho_; }

  /// All of this variance, with means that break the symmetry of units: N(0, 1 / columns).
  /// Noise  Stream::init by the parameters' names.
  NormalWeights initial_weights(std::uint64_t seed, double variance) const;
  /// The same as what is known of the parameters. Sets them to their means.
  GaussianSamples write(const NormalWeights& weights) const;

 private:
  /// Calls visit(parameter, its element, weight, scale) for all weights in their order.
  template <class Visit>
  void for_each(Visit visit) const;

  std::vector<PbpLayer> layers_;
  std::vector<Parameter*> parameters_;  // of each layer the weight, and the bias if it has one
  Parameter* rho_ = nullptr;
};

}  // namespace credence
