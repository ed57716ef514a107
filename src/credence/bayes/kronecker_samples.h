#pragma once

#include "credence/bayes/saved_state.h"
#include "credence/bayes/weight_samples.h"

namespace credence {

/// A normal of the weights of each layer whose covariance has the eigenvectors of a Kronecker
/// product. With the layer's weights as a matrix of an output a row, the bias, if it varies too, as
/// its last column, and orthogonal matrices V of eigenvectors of outputs and U of inputs,
///
///   W = mean + V (sigma * (V^T Z U)) U^T scale,    Z ~ N(0, 1)
///
/// with a scale for each input: the prior's, in whose units sigma is. The root of the covariance is
/// the symmetric one, so that draws do not depend on which eigenvectors an eigenvalue is given.
/// Parameters that it does not know stay as they are.
///
/// State  "kronecker.mean.<parameter>" as the parameter; of the weights "kronecker.outputs.*", V
///        [O, O], "kronecker.inputs.*", U [I, I], "kronecker.sigma.*" [O, I], "kronecker.scale.*"
///        [I], where I counts the bias, if there is one: the parameter that follows.
/// Noise  Stream::predict, by the weights' name; by sample.
/// Source Martens and Grosse 2015, arXiv:1503.05671; Ritter, Botev and Barber 2018.
class KroneckerSamples : public WeightSamples {
 public:
  static constexpr const char* name = "kronecker";

  /// What is known of one layer.
  struct Block {
    std::string weight, bias{};  ///< of parameters; no bias: it does not vary
    Tensor weight_mean;
    Tensor bias_mean{};
    Tensor outputs, inputs, sigma, scale;
  };

  explicit KroneckerSamples(std::vector<Block> blocks) : blocks_(std::move(blocks)) {}
  /// DataError as load_weight_samples.
  KroneckerSamples(const SavedState& state, std::span<Parameter* const> parameters);

  const std::vector<Block>& blocks() const { return blocks_; }

  std::string kind() const override { return name; }
  bool varies(const Parameter& parameter) const override;
  void write(std::int64_t sample, std::uint64_t seed,
             std::span<Parameter* const> parameters) const override;
  std::vector<NamedTensor> state() const override;

 private:
  std::vector<Block> blocks_;
};

}  // namespace credence
