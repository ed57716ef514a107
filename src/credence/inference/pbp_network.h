#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "credence/inference/gamma_belief.h"

namespace credence {

/// A dense layer; all but the last of a network are followed by ReLU.
struct PbpLayer {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  bool bias = true;

  /// Weights of one output. The last one, of a source that is always 1, is the bias, if there is.
  std::int64_t columns() const { return inputs + (bias ? 1 : 0); }
  std::int64_t weights() const { return outputs * columns(); }
  /// What the products are multiplied by, so that results do not grow with the width:
  /// 1 / sqrt(columns).
  double scale() const;
};

/// Independent normals of weights: their moments, layer by layer, each [outputs, columns].
struct NormalWeights {
  std::vector<double> mean;
  std::vector<double> variance;
};

/// A network whose weights are independent normals, with one output and a Gamma belief about the
/// precision of targets around it. It learns from one example after the other, by assumed density
/// filtering: the moments of the output given those of the weights, layer by layer as if what comes
/// in were independent normals; then all beliefs moved to the moments that they have given the
/// target, for which gradients go back through the same formulas.
///
/// All of it in double.
///
/// Source  Hernandez-Lobato and Adams 2015, arXiv:1502.05336, section 3.
class PbpNetwork {
 public:
  /// The layers must fit one another, and the last have one output. All weights are N(0, 0).
  PbpNetwork(std::vector<PbpLayer> layers, const GammaBelief& noise);

  const std::vector<PbpLayer>& layers() const { return layers_; }
  NormalWeights& weights() { return weights_; }
  const NormalWeights& weights() const { return weights_; }
  /// Of targets, around the output.
  const GammaBelief& noise() const { return noise_; }

  /// The moments of the output at x [inputs].
  NormalMoments predict(std::span<const float> x);
  /// d log Z of the target y by the moments of all weights, in their order.
  NormalWeights gradient(std::span<const float> x, double y);

  struct Learnt {
    NormalMoments prediction;  ///< of the target, before it was seen
    double log_evidence = 0;
    std::int64_t rejected = 0;  ///< weights that stay, as no normal has the moments
  };
  /// Moves weights and noise to what is known after this example.
  Learnt learn(std::span<const float> x, double y);

 private:
  /// A layer's source, scaled, the bias's 1 with it, and what its results are by their own source.
  struct Activations {
    std::vector<double> mean, variance;        // [columns]
    std::vector<double> by_mean, by_variance;  // of log Z, [columns]
    std::vector<ReluMoments> relu;             // [outputs], not of the last layer
  };

  /// Calls visit(weight, d log Z / d mean, d log Z / d variance) for all weights after predict(),
  /// each when it is not needed any more.
  template <class Visit>
  void backward(const TargetEvidence& evidence, Visit visit);

  std::vector<PbpLayer> layers_;
  NormalWeights weights_;
  GammaBelief noise_;
  std::vector<Activations> activations_;
  std::vector<double> by_mean_, by_variance_;  // d log Z by the results of a layer's products
};

}  // namespace credence
