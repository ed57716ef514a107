#pragma once

#include "credence/inference/curvature.h"

namespace credence {

/// The whole generalised Gauss-Newton matrix, from the gradients by example.
///
/// Errors  ConfigError for more than 5000 weights: time grows with their cube.
class FullCurvature : public Curvature {
 public:
  static constexpr std::int64_t most_weights = 5000;

  FullCurvature(const CurvatureLayers& layers, const WeightPrior& prior);

  void add(bool is_first) override;
  std::vector<Tensor> sums() override { return {matrix_}; }
  std::vector<double> eigenvalues() override;
  std::unique_ptr<WeightSamples> posterior(double scale) override;

 private:
  const CurvatureLayers& layers_;
  std::vector<double> precisions_;  // of the prior
  Tensor matrix_;                   // its lower triangle; weights by layer, each's biases last
};

}  // namespace credence
