#pragma once

#include "credence/inference/curvature.h"
#include "credence/kernels/linear_algebra.h"

namespace credence {

/// The block of each layer as a Kronecker product, with a the sources of its sums and g the
/// gradients with respect to these, over N examples of P pixels:
///
///   H = sum over examples and pixels of a a^T  (x)  sum over them of g g^T / (N P)
///
/// which is exact for one example of one pixel, and where g g^T is the same for all.
///
/// Errors  ConfigError, naming the layer, for a matrix of more than 8192 rows.
/// Source  Martens and Grosse 2015, arXiv:1503.05671; Grosse and Martens 2016, arXiv:1602.01407.
class KroneckerCurvature : public Curvature {
 public:
  static constexpr std::int64_t most_rows = 8192;

  KroneckerCurvature(const CurvatureLayers& layers, const WeightPrior& prior,
                     std::int64_t examples);

  void add(bool is_first) override;
  std::vector<Tensor> sums() override;
  std::vector<double> eigenvalues() override;
  std::unique_ptr<WeightSamples> posterior(double scale) override;

 private:
  struct Block {
    Tensor sources, gradients;           // sums of products
    SymmetricEigen inputs{}, outputs{};  // of sources in the prior's units, of gradients
  };
  void decompose();
  /// Of P^-1/2 H P^-1/2, [outputs, inputs].
  Tensor eigenvalues(std::size_t layer) const;

  const CurvatureLayers& layers_;
  const WeightPrior& prior_;
  std::int64_t examples_;
  std::vector<Block> blocks_;  // by layer
};

}  // namespace credence
