#include "credence/inference/curvature.h"

#include "credence/inference/diagonal_curvature.h"
#include "credence/inference/full_curvature.h"
#include "credence/inference/kronecker_curvature.h"

namespace credence {

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
