#include "credence/kernels/linear_algebra.h"

#define EIGEN_DONT_PARALLELIZE  // its blocks, and so the bits of its sums, would depend on threads
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using View = Eigen::Map<Matrix<T>>;
template <class T>
using ConstView = Eigen::Map<const Matrix<T>>;

/// Rows of a result that a thread makes at once.
constexpr std::int64_t block = 64;

template <class T = double>
View<T> view(Tensor& matrix) {
  return {matrix.data<T>(), matrix.shape()[0], matrix.shape().row_size()};
}
template <class T = double>
ConstView<T> view(const Tensor& matrix) {
  return {matrix.data<T>(), matrix.shape()[0], matrix.shape().row_size()};
}

/// body(first, count) on the same blocks of rows whatever the threads are.
template <class Body>
void for_each_block(std::int64_t rows, const Body& body) {
  parallel_for_each((rows + block - 1) / block,
                    [&](std::int64_t i) { body(i * block, std::min(block, rows - i * block)); });
}

void require_square(const Tensor& matrix) {
  require<ShapeError>(matrix.shape().rank() == 2 && matrix.shape()[0] == matrix.shape()[1],
                      "expected a square matrix, got ", matrix.shape());
}

std::int64_t rows_of(const Factor& factor) {
  return factor.matrix.shape()[factor.is_transposed ? 1 : 0];
}
std::int64_t columns_of(const Factor& factor) {
  return factor.matrix.shape()[factor.is_transposed ? 0 : 1];
}

template <class T, class Left, class Right>
void multiply_blocks(const Left& left, const Right& right, Tensor& dst, Write write) {
  View<T> to = view<T>(dst);
  for_each_block(to.rows(), [&](std::int64_t first, std::int64_t count) {
    auto rows = to.middleRows(first, count);
    if (write == Write::overwrite)
      rows.noalias() = left.middleRows(first, count) * right;
    else
      rows.noalias() += left.middleRows(first, count) * right;
  });
}

template <class T>
void multiply_as(const Factor& left, const Factor& right, Tensor& dst, Write write) {
  const ConstView<T> a = view<T>(left.matrix), b = view<T>(right.matrix);
  if (left.is_transposed && right.is_transposed)
    multiply_blocks<T>(a.transpose(), b.transpose(), dst, write);
  else if (left.is_transposed)
    multiply_blocks<T>(a.transpose(), b, dst, write);
  else if (right.is_transposed)
    multiply_blocks<T>(a, b.transpose(), dst, write);
  else
    multiply_blocks<T>(a, b, dst, write);
}

Eigen::SelfAdjointEigenSolver<Matrix<double>> solve(const Tensor& matrix, int options) {
  require_square(matrix);
  Eigen::SelfAdjointEigenSolver<Matrix<double>> solver(view(matrix), options);
  require<NumericalError>(solver.info() == Eigen::Success, "the eigenvalues of a matrix of ",
                          matrix.shape(), " do not converge");
  return solver;
}

Tensor values_of(const Eigen::SelfAdjointEigenSolver<Matrix<double>>& solver) {
  Tensor values({solver.eigenvalues().size()}, DType::float64);
  std::copy_n(solver.eigenvalues().data(), values.size(), values.data<double>());
  return values;
}

}  // namespace

void multiply(const Factor& left, const Factor& right, Tensor& dst, Write write) {
  require<ShapeError>(columns_of(left) == rows_of(right) && dst.shape()[0] == rows_of(left) &&
                          dst.shape().row_size() == columns_of(right),
                      "product: extents of ", left.matrix.shape(), ", ", right.matrix.shape(),
                      " and ", dst.shape(), " do not fit");
  with_real_type(dst.dtype(), [&]<class T>(T) { multiply_as<T>(left, right, dst, write); });
}

void add_gram(const Tensor& rows, Tensor& sum) {
  require_square(sum);
  const ConstView<double> x = view(rows);
  require<ShapeError>(x.cols() == sum.shape()[0], "rows of ", sum.shape()[0],
                      " elements expected, got ", rows.shape());
  View<double> to = view(sum);
  for_each_block(to.rows(), [&](std::int64_t first, std::int64_t count) {
    to.block(first, 0, count, first + count).noalias() +=
        x.middleCols(first, count).transpose() * x.leftCols(first + count);
  });
}

SymmetricEigen symmetric_eigen(const Tensor& matrix) {
  const auto solver = solve(matrix, Eigen::ComputeEigenvectors);
  SymmetricEigen eigen{.values = values_of(solver),
                       .vectors = Tensor(matrix.shape(), DType::float64)};
  view(eigen.vectors) = solver.eigenvectors();
  return eigen;
}

Tensor symmetric_eigenvalues(const Tensor& matrix) {
  return values_of(solve(matrix, Eigen::EigenvaluesOnly));
}

Tensor root_of_inverse(const Tensor& matrix) {
  require_square(matrix);
  const Eigen::LLT<Matrix<double>> cholesky(view(matrix));
  require<NumericalError>(cholesky.info() == Eigen::Success, "a precision matrix of ",
                          matrix.shape(), " is not positive definite");
  // matrix = L L^T, so that its inverse is L^-T L^-1.
  Tensor root(matrix.shape(), DType::float64);
  View<double> to = view(root);
  to.setIdentity();
  cholesky.matrixU().solveInPlace(to);
  return root;
}

}  // namespace credence
