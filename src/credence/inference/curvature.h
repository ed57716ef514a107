#pragma once

#include "credence/base/enum_names.h"
#include "credence/bayes/weight_samples.h"
#include "credence/inference/curvature_layer.h"

namespace credence {

/// Which pairs of weights a curvature matrix relates.
enum class CurvatureStructure {
  full,       ///< all
  kronecker,  ///< those of a layer, as a Kronecker product of one matrix for inputs and outputs
              ///< each
  diagonal,   ///< none
};

inline EnumNames<CurvatureStructure> enum_names(CurvatureStructure) {
  static constexpr EnumName<CurvatureStructure> names[] = {
      {CurvatureStructure::full, "full"},
      {CurvatureStructure::kronecker, "kronecker"},
      {CurvatureStructure::diagonal, "diagonal"}};
  return names;
}

/// The generalised Gauss-Newton matrix H of a network's negative log-likelihood, summed over
/// examples: of J^T F J, where J is the derivative of the output by the weights and F = R R^T the
/// Fisher information of the output. Backward passes from the columns of R give those of J^T R.
///
/// With the prior's precision P, a diagonal matrix, the weights' posterior has the precision
/// H + scale * P.
class Curvature {
 public:
  virtual ~Curvature() = default;

  /// Adds what the last backward pass showed, which is from one of several columns of R;
  /// `is_first`: from the first one since the forward pass.
  virtual void add(bool is_first) = 0;
  /// What is to be summed over ranks, float64; then all below is of the whole.
  virtual std::vector<Tensor> sums() = 0;
  /// Eigenvalues of P^-1/2 H P^-1/2, as many as there are weights.
  virtual std::vector<double> eigenvalues() = 0;
  /// The posterior around the weights as they are. NumericalError if it is none.
  virtual std::unique_ptr<WeightSamples> posterior(double scale) = 0;
};

/// P^-1/2 matrix P^-1/2, P being diagonal with these precisions; float64.
Tensor whitened(const Tensor& matrix, std::span<const double> precisions);

/// For these layers, which outlive it, and `examples` over all ranks. ConfigError for more weights
/// than the structure can have.
std::unique_ptr<Curvature> make_curvature(CurvatureStructure structure,
                                          const CurvatureLayers& layers, const WeightPrior& prior,
                                          std::int64_t examples);

}  // namespace credence
