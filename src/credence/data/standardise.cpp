#include "credence/data/standardise.h"

#include <cmath>
#include <numeric>

#include "credence/base/errors.h"

namespace credence {

void standardise(Tensor& src, const Dataset& by) {
  const std::int64_t columns = by.src_shape().size(), count = by.size();
  require<ShapeError>(src.shape().row_size() == columns, by.name(), ": expected rows of ", columns,
                      " columns, got ", src.shape());
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  Tensor given(by.src_shape().prepend(count)), target(by.target_shape().prepend(count));
  by.read(indices, 0, given, target);
  const float* const cells = given.data<float>();
  double* const values = src.data<double>();
  const auto n = static_cast<double>(count);
  for (std::int64_t column = 0; column < columns; ++column) {
    double mean = 0, variance = 0;
    for (std::int64_t i = column; i < given.size(); i += columns) mean += cells[i] / n;
    for (std::int64_t i = column; i < given.size(); i += columns)
      variance += (cells[i] - mean) * (cells[i] - mean) / n;
    const bool constant = std::sqrt(variance) <= 1e-12 * std::abs(mean);  // an ulp or two
    const double scale = constant ? 1 : std::sqrt(variance);
    for (std::int64_t i = column; i < src.size(); i += columns)
      values[i] = (values[i] - mean) / scale;
  }
}

}  // namespace credence
