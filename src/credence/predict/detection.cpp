#include "credence/predict/detection.h"

#include <algorithm>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/comm/gather.h"
#include "credence/losses/area_under_roc.h"

namespace credence {
namespace {

std::vector<double> one_minus_confidence(const Tensor& probabilities) {
  std::vector<double> values;
  const auto classes = static_cast<std::size_t>(probabilities.shape().row_size());
  const auto all = probabilities.span<float>();
  for (std::size_t row = 0; row < all.size(); row += classes)
    values.push_back(1 - static_cast<double>(std::ranges::max(all.subspan(row, classes))));
  return values;
}

std::vector<double> widened(const Tensor& figures) {
  const auto all = figures.span<float>();
  return {all.begin(), all.end()};
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Uncertainties gather_uncertainties(const Predictions& predictions, Communicator& communicator) {
  const Shape shape = predictions.mean.shape();
  const bool fits = shape.rank() == 2 && predictions.predictive_entropy.size() == shape[0] &&
                    predictions.mutual_information.size() == shape[0];
  require<ShapeError>(fits,
                      "uncertainties: expected class probabilities [n, classes] and entropies,",
                      " got ", shape, " and ", predictions.predictive_entropy.size());
  Uncertainties uncertainties{widened(predictions.mutual_information),
                              widened(predictions.predictive_entropy),
                              one_minus_confidence(predictions.mean)};
  for (std::size_t i = 0; i < uncertainties.size(); ++i) {
    uncertainties[i] = all_gather_numbers(communicator, uncertainties[i]);
    const auto bad =
        std::ranges::find_if(uncertainties[i], [](double value) { return value != value; });
    require<NumericalError>(bad == uncertainties[i].end(), uncertainty_names[i], " of example ",
                            bad - uncertainties[i].begin(), " is not a number");
  }
  return uncertainties;
}

std::vector<NamedValue> mean_uncertainties(const Uncertainties& uncertainties) {
  std::vector<NamedValue> means;
  for (std::size_t i = 0; i < uncertainties.size(); ++i)
    means.emplace_back(uncertainty_names[i], mean(uncertainties[i]));
  return means;
}

std::vector<NamedValue> detection_auroc(const Uncertainties& familiar,
                                        const Uncertainties& unfamiliar) {
  std::vector<NamedValue> values;
  for (std::size_t i = 0; i < familiar.size(); ++i) {
    std::vector<ScoredExample> examples;
    for (const double score : familiar[i]) examples.push_back({.score = score, .outcome = 0});
    for (const double score : unfamiliar[i]) examples.push_back({.score = score, .outcome = 1});
    values.emplace_back(uncertainty_names[i], area_under_roc(std::move(examples)));
  }
  return values;
}

}  // namespace credence
