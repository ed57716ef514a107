#include "credence/losses/adaptive_calibration_error.h"

#include <array>
#include <cmath>
#include <limits>

#include "credence/losses/checks.h"
#include "credence/losses/score_groups.h"
#include "credence/losses/top_class.h"

namespace credence {

void AdaptiveCalibrationError::update(const Predictions& predictions, const Tensor& target) {
  check_examples("adaptive_ece", predictions, target);
  for (std::int64_t row = 0; row < target.shape()[0]; ++row) {
    const TopClass top = top_class("adaptive_ece", predictions, target, row);
    examples_.push_back({.score = top.probability, .outcome = top.correct ? 1.0 : 0.0});
  }
}

double AdaptiveCalibrationError::value() const {
  if (examples_.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(examples_.size());
  std::array<double, bins> gaps{};
  double place = 0;  // in the order, of a group of equal confidence
  int bin = 0;
  for_each_score(examples_, [&](double score, double count, double outcomes) {
    const double gap = score - outcomes / count;  // of an example of the group
    const double end = place + count;
    while (place < end) {
      const double edge = bin == bins - 1 ? n : n * (bin + 1) / bins;
      const double upto = std::min(end, edge);
      gaps[static_cast<std::size_t>(bin)] += gap * (upto - place);
      place = upto;
      if (place == edge && bin < bins - 1) ++bin;
    }
  });
  double sum = 0;
  for (const double gap : gaps) sum += std::abs(gap);
  return sum / n;
}

}  // namespace credence
