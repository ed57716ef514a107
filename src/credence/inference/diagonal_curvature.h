#pragma once

#include "credence/inference/curvature.h"

namespace credence {

/// The diagonal of the generalised Gauss-Newton matrix: the squares of the gradients by example. In
/// a dense layer these are products of squares, and their sum one of matrices (Dangel, Kunstner and
/// Hennig 2020, arXiv:1912.10985); a convolution sums over pixels first.
class DiagonalCurvature : public Curvature {
 public:
  DiagonalCurvature(const CurvatureLayers& layers, const WeightPrior& prior);

  void add(bool is_first) override;
  std::vector<Tensor> sums() override { return squares_; }
  std::vector<double> eigenvalues() override;
  std::unique_ptr<WeightSamples> posterior(double scale) override;

 private:
  const CurvatureLayers& layers_;
  const WeightPrior& prior_;
  std::vector<Tensor> squares_;  // by layer: [outputs, inputs]
};

}  // namespace credence
