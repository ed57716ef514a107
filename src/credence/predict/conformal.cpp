#include "credence/predict/conformal.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// ceil((n + 1) interval), but for what rounding adds.
std::int64_t rank_of(std::int64_t examples, double interval) {
  return static_cast<std::int64_t>(
      std::ceil(static_cast<double>(examples + 1) * interval * (1 - 1e-12)));
}

}  // namespace

std::int64_t Conformal::least_examples(double interval) {
  auto count = std::max<std::int64_t>(1, static_cast<std::int64_t>(interval / (1 - interval)) - 1);
  while (rank_of(count, interval) > count) ++count;
  return count;
}

Conformal::Conformal(const Tensor& scores, double interval) {
  const std::int64_t examples = scores.shape()[0], targets = scores.shape().row_size();
  sorted_ = scores.clone().reshaped({examples, targets});
  CalibrationOptions{.calibration = CalibrationMethod::conformal}.check_examples(examples,
                                                                                 interval);
  const auto rank = static_cast<std::size_t>(rank_of(examples, interval));
  std::vector<float> column(static_cast<std::size_t>(examples));
  for (std::int64_t target = 0; target < targets; ++target) {
    float* const first = sorted_.data<float>() + target;
    for (std::size_t n = 0; n < column.size(); ++n)
      column[n] = first[static_cast<std::int64_t>(n) * targets];
    std::ranges::sort(column);
    for (std::size_t n = 0; n < column.size(); ++n)
      first[static_cast<std::int64_t>(n) * targets] = column[n];
    quantiles_.push_back(column[rank - 1]);
  }
}

Tensor Conformal::scores(const Predictions& predictions, const Tensor& target) {
  Tensor scores(predictions.mean.shape());
  for (std::int64_t i = 0; i < scores.size(); ++i) {
    const double distance =
        std::abs(static_cast<double>(target.data<float>()[i]) - predictions.mean.data<float>()[i]);
    const double sigma = predictions.sigma.empty() ? 1 : predictions.sigma.data<float>()[i];
    scores.data<float>()[i] = static_cast<float>(distance / sigma);
    require<NumericalError>(std::isfinite(scores.data<float>()[i]),
                            "calibration: the prediction of validation example ",
                            i / scores.shape().row_size(), " is not finite");
  }
  return scores;
}

void Conformal::apply(Predictions& predictions, const Tensor& /*target*/) const {
  require<DataError>(predictions.mean.shape().row_size() == std::ssize(quantiles_),
                     "calibration: conformal scores of ", quantiles_.size(),
                     " targets, and the network predicts ", predictions.mean.shape().row_size());
  for (Tensor* bound : {&predictions.lower, &predictions.upper})
    if (bound->empty()) *bound = Tensor(predictions.mean.shape());
  for (std::int64_t i = 0; i < predictions.mean.size(); ++i) {
    const double mean = predictions.mean.data<float>()[i];
    const double sigma = predictions.sigma.empty() ? 1 : predictions.sigma.data<float>()[i];
    const double half = quantiles_[static_cast<std::size_t>(i) % quantiles_.size()] * sigma;
    predictions.lower.data<float>()[i] = static_cast<float>(mean - half);
    predictions.upper.data<float>()[i] = static_cast<float>(mean + half);
  }
}

std::vector<NamedTensor> Conformal::state() const {
  return {{"conformal_scores", sorted_}};
}

}  // namespace credence
