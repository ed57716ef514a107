#include "credence/losses/uncertainty.h"

#include "credence/base/errors.h"
#include "credence/losses/checks.h"

namespace credence {
namespace {

double element(std::string_view where, const Tensor& tensor, std::int64_t row) {
  require<ShapeError>(!tensor.empty() && row < tensor.size(), where,
                      ": the predictions hold none for row ", row);
  return static_cast<double>(tensor.data<float>()[row]);
}

}  // namespace

double NegativeLogLikelihood::of_example(const Predictions& predictions, const Tensor&,
                                         std::int64_t row) {
  return element(name, predictions.nll, row);
}

double LogLikelihood::of_example(const Predictions& predictions, const Tensor&, std::int64_t row) {
  return -element(name, predictions.nll, row);
}

double ContinuousRankedProbabilityScore::of_example(const Predictions& predictions,
                                                    const Tensor& target, std::int64_t row) {
  return mean_over_targets(name, predictions.crps, target, row,
                           [&](std::int64_t i) { return predictions.crps.data<float>()[i]; });
}

double IntervalCoverage::of_example(const Predictions& predictions, const Tensor& target,
                                    std::int64_t row) {
  return mean_over_targets(name, predictions.lower, target, row, [&](std::int64_t i) {
    const float wanted = target.data<float>()[i];
    return predictions.lower.data<float>()[i] <= wanted &&
                   wanted <= predictions.upper.data<float>()[i]
               ? 1.0
               : 0.0;
  });
}

double IntervalWidth::of_example(const Predictions& predictions, const Tensor& target,
                                 std::int64_t row) {
  return mean_over_targets(name, predictions.lower, target, row, [&](std::int64_t i) {
    return static_cast<double>(predictions.upper.data<float>()[i]) -
           static_cast<double>(predictions.lower.data<float>()[i]);
  });
}

double PredictiveEntropy::of_example(const Predictions& predictions, const Tensor&,
                                     std::int64_t row) {
  return element(name, predictions.predictive_entropy, row);
}

double MutualInformation::of_example(const Predictions& predictions, const Tensor&,
                                     std::int64_t row) {
  return element(name, predictions.mutual_information, row);
}

}  // namespace credence
