#include "credence/losses/expected_calibration_error.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "credence/losses/checks.h"
#include "credence/losses/top_class.h"

namespace credence {

int ExpectedCalibrationError::bin_of(double probability) {
  // The product of a float and 15 is exact in double, so no edge is missed by rounding.
  return std::clamp(static_cast<int>(probability * bins), 0, bins - 1);
}

void ExpectedCalibrationError::update(const Predictions& predictions, const Tensor& target) {
  check_examples("ece", predictions, target);
  for (std::int64_t row = 0; row < target.shape()[0]; ++row) {
    const TopClass top = top_class("ece", predictions, target, row);
    const int bin = bin_of(top.probability);
    sums_[2 * bin] += top.probability - (top.correct ? 1 : 0);
    sums_[2 * bin + 1] += 1;
  }
}

double ExpectedCalibrationError::value() const {
  double gap = 0;
  double count = 0;
  for (int bin = 0; bin < bins; ++bin) {
    gap += std::abs(sums_[2 * bin]);
    count += sums_[2 * bin + 1];
  }
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : gap / count;
}

}  // namespace credence
