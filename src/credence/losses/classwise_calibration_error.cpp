#include "credence/losses/classwise_calibration_error.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "credence/base/errors.h"
#include "credence/losses/checks.h"
#include "credence/losses/top_class.h"

namespace credence {

void ClasswiseCalibrationError::update(const Predictions& predictions, const Tensor& target) {
  check_examples("classwise_ece", predictions, target);
  const std::int64_t classes = predictions.mean.shape().row_size();
  const auto size = static_cast<std::size_t>(1 + classes * bins);
  if (sums_.empty()) sums_.resize(size);
  require<ShapeError>(sums_.size() == size, "classwise_ece: ", classes,
                      " classes, in an earlier update ", (sums_.size() - 1) / bins);
  const float* p = predictions.mean.data<float>();
  for (std::int64_t row = 0; row < target.shape()[0]; ++row) {
    const std::int64_t label = target_class("classwise_ece", predictions, target, row);
    for (std::int64_t k = 0; k < classes; ++k, ++p) {
      require<NumericalError>(*p == *p, "classwise_ece: the probability of class ", k, " of row ",
                              row, " is not a number");
      // The product of a float and 15 is exact in double, so no edge is missed by rounding.
      const int bin = std::clamp(static_cast<int>(static_cast<double>(*p) * bins), 0, bins - 1);
      sums_[static_cast<std::size_t>(1 + k * bins + bin)] += *p - (k == label ? 1.0 : 0.0);
    }
    sums_[0] += 1;
  }
}

double ClasswiseCalibrationError::value() const {
  if (sums_.empty() || sums_[0] == 0) return std::numeric_limits<double>::quiet_NaN();
  const std::size_t classes = (sums_.size() - 1) / bins;
  double gap = 0;
  for (std::size_t i = 1; i < sums_.size(); ++i) gap += std::abs(sums_[i]);
  return gap / (sums_[0] * static_cast<double>(classes));
}

}  // namespace credence
