#include "credence/losses/uncertainty.h"

#include "credence/base/errors.h"

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

double PredictiveEntropy::of_example(const Predictions& predictions, const Tensor&,
                                     std::int64_t row) {
  return element(name, predictions.predictive_entropy, row);
}

double MutualInformation::of_example(const Predictions& predictions, const Tensor&,
                                     std::int64_t row) {
  return element(name, predictions.mutual_information, row);
}

}  // namespace credence
