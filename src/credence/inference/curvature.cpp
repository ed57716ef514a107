#include "credence/inference/curvature.h"

#include <cmath>

#include "credence/inference/diagonal_curvature.h"
#include "credence/inference/full_curvature.h"
#include "credence/inference/kronecker_curvature.h"

namespace credence {

Tensor whitened(const Tensor& matrix, std::span<const double> precisions) {
  Tensor result = matrix.clone();
  const std::size_t size = precisions.size();
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < size; ++j)
      result.span<double>()[i * size + j] /= std::sqrt(precisions[i] * precisions[j]);
  return result;
}

std::unique_ptr<Curvature> make_curvature(CurvatureStructure structure,
                                          const CurvatureLayers& layers, const WeightPrior& prior,
                                          std::int64_t examples) {
  switch (structure) {
    case CurvatureStructure::full:
      return std::make_unique<FullCurvature>(layers, prior);
    case CurvatureStructure::kronecker:
      return std::make_unique<KroneckerCurvature>(layers, prior, examples);
    case CurvatureStructure::diagonal:
      break;
  }
  return std::make_unique<DiagonalCurvature>(layers, prior);
}

}  // namespace credence
