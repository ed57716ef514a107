#pragma once

#include "credence/kernels/write.h"
#include "credence/tensor/tensor.h"

namespace credence {

// Matrices are tensors [rows, columns], float64 unless said otherwise. Results are the same bits
// for any number of threads. ShapeError if extents do not fit.

/// A matrix, or its transpose, in a product.
struct Factor {
  const Tensor& matrix;
  bool is_transposed = false;

  Factor(const Tensor& own, bool transposed = false) : matrix(own), is_transposed(transposed) {}
};
inline Factor transposed(const Tensor& matrix) {
  return {matrix, true};
}

/// dst = (or +=) left * right, all float64 or all float32.
void multiply(const Factor& left, const Factor& right, Tensor& dst, Write write = Write::overwrite);

/// The lower triangle of sum += rows^T rows; the functions below read no other.
void add_gram(const Tensor& rows, Tensor& sum);

/// matrix = vectors diag(values) vectors^T, values ascending, for a symmetric matrix.
struct SymmetricEigen {
  Tensor values;   ///< [k]
  Tensor vectors;  ///< [k, k], as columns
};
/// NumericalError if it does not converge, as for a matrix that is not finite.
SymmetricEigen symmetric_eigen(const Tensor& matrix);
Tensor symmetric_eigenvalues(const Tensor& matrix);

/// An upper triangle R with R R^T = matrix^-1. NumericalError unless the matrix is positive
/// definite.
Tensor root_of_inverse(const Tensor& matrix);

}  // namespace credence
