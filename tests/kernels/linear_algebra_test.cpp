#include "credence/kernels/linear_algebra.h"

#include <bit>
#include <cmath>

#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

double at(const Tensor& matrix, std::int64_t row, std::int64_t column) {
  const std::int64_t index = row * matrix.shape()[1] + column;
  return with_real_type(matrix.dtype(),
                        [&]<class T>(T) { return static_cast<double>(matrix.data<T>()[index]); });
}

/// x^T x + diagonal: symmetric, positive definite.
Tensor positive(std::int64_t size, double diagonal) {
  const Tensor x = random_tensor({size + 3, size}, DType::float64, "x");
  Tensor matrix({size, size}, DType::float64);
  multiply(transposed(x), x, matrix);
  for (std::int64_t i = 0; i < size; ++i) matrix.data<double>()[i * size + i] += diagonal;
  return matrix;
}

TEST(LinearAlgebra, MultipliesMatricesAndTransposes) {
  constexpr std::int64_t m = 130, k = 7, n = 5;  // three blocks of rows
  for (const DType dtype : {DType::float64, DType::float32})
    for (const bool left : {false, true})
      for (const bool right : {false, true}) {
        const Tensor a = random_tensor(left ? Shape{k, m} : Shape{m, k}, dtype, "a");
        const Tensor b = random_tensor(right ? Shape{n, k} : Shape{k, n}, dtype, "b");
        Tensor c({m, n}, dtype);
        c.fill(std::nan(""));
        multiply({a, left}, {b, right}, c);
        multiply({a, left}, {b, right}, c, Write::add);
        for (std::int64_t i = 0; i < m; ++i)
          for (std::int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::int64_t t = 0; t < k; ++t)
              sum += (left ? at(a, t, i) : at(a, i, t)) * (right ? at(b, j, t) : at(b, t, j));
            ASSERT_NEAR(at(c, i, j), 2 * sum, dtype == DType::float64 ? 1e-12 : 1e-4);
          }
      }
  Tensor a({2, 3}, DType::float64), c({2, 2}, DType::float64);
  EXPECT_THROW(multiply(a, a, c), ShapeError);
}

TEST(LinearAlgebra, AddsProductsOfColumns) {
  const Tensor x = random_tensor({9, 100}, DType::float64, "rows");
  Tensor sum({100, 100}, DType::float64);
  sum.fill(1);
  add_gram(x, sum);
  for (std::int64_t i = 0; i < 100; ++i)
    for (std::int64_t j = 0; j <= i; ++j) {
      double expected = 1;
      for (std::int64_t n = 0; n < 9; ++n) expected += at(x, n, i) * at(x, n, j);
      ASSERT_NEAR(at(sum, i, j), expected, 1e-12);
    }
}

TEST(LinearAlgebra, TakesASymmetricMatrixApart) {
  constexpr std::int64_t size = 40;
  Tensor matrix = positive(size, 0);
  const Tensor whole = matrix.clone();
  for (std::int64_t i = 0; i < size; ++i)  // the upper triangle is not read
    for (std::int64_t j = i + 1; j < size; ++j) matrix.data<double>()[i * size + j] = std::nan("");
  const SymmetricEigen eigen = symmetric_eigen(matrix);
  const Tensor values = symmetric_eigenvalues(matrix);
  for (std::int64_t i = 0; i < size; ++i) {
    EXPECT_NEAR(values.span<double>()[i], eigen.values.span<double>()[i], 1e-10);
    for (std::int64_t j = 0; j < size; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < size; ++k)
        sum += at(eigen.vectors, i, k) * eigen.values.span<double>()[k] * at(eigen.vectors, j, k);
      ASSERT_NEAR(sum, at(whole, i, j), 1e-10);
    }
  }
}

TEST(LinearAlgebra, HasTheRootOfAnInverse) {
  constexpr std::int64_t size = 30;
  const Tensor matrix = positive(size, 1), root = root_of_inverse(matrix);
  Tensor inverse({size, size}, DType::float64), identity({size, size}, DType::float64);
  multiply(root, transposed(root), inverse);
  multiply(matrix, inverse, identity);
  for (std::int64_t i = 0; i < size; ++i)
    for (std::int64_t j = 0; j < size; ++j) {
      ASSERT_NEAR(at(identity, i, j), i == j ? 1 : 0, 1e-11);
      ASSERT_TRUE(j >= i || at(root, i, j) == 0);
    }
  Tensor indefinite({2, 2}, DType::float64);
  indefinite.data<double>()[0] = 1;
  indefinite.data<double>()[3] = -1;
  EXPECT_THROW(root_of_inverse(indefinite), NumericalError);
  indefinite.fill(std::nan(""));
  EXPECT_THROW(symmetric_eigen(indefinite), NumericalError);
}

TEST(LinearAlgebra, HasTheSameBitsOnAnyNumberOfThreads) {
  const int threads = thread_count();
  std::vector<Tensor> of_one, of_four;
  for (const int count : {1, 4}) {
    set_thread_count(count);
    std::vector<Tensor>& results = count == 1 ? of_one : of_four;
    const Tensor matrix = positive(150, 1);
    Tensor gram({150, 150}, DType::float64);
    add_gram(matrix, gram);
    results = {matrix, gram, symmetric_eigen(matrix).vectors, root_of_inverse(matrix)};
  }
  set_thread_count(threads);
  for (std::size_t i = 0; i < of_one.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(of_one[i].span<double>(), of_four[i].span<double>())) << i;
}

}  // namespace
}  // namespace credence
