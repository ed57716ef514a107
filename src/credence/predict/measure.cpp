#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>

#include "credence/comm/gather.h"
#include "credence/predict/predictor.h"

namespace credence {
namespace {

/// The mean and the largest, over the ranks, of the draws that examples took.
std::vector<NamedValue> draws_taken(const Tensor& samples, Communicator& communicator) {
  const auto taken = samples.span<float>();
  std::array<double, 2> sums{std::accumulate(taken.begin(), taken.end(), 0.0),
                             static_cast<double>(taken.size())};
  communicator.sum(std::span<double>(sums));
  double largest = taken.empty() ? 0 : *std::ranges::max_element(taken);
  std::vector<double> all(static_cast<std::size_t>(communicator.size()));
  communicator.start_all_gather(std::span(&largest, 1), std::span(all)).wait();
  return {{"samples", sums[0] / sums[1]}, {"samples_max", *std::ranges::max_element(all)}};
}

}  // namespace

std::vector<NamedValue> measure(std::span<const std::unique_ptr<Metric>> metrics,
                                const PredictedPart& part, Communicator& communicator) {
  std::vector<NamedValue> values;
  for (const auto& metric : metrics) {
    metric->update(part.predictions, part.target);
    communicator.sum(metric->sums());
    if (std::vector<ScoredExample>* const examples = metric->collected())
      *examples = all_gather_records<ScoredExample>(communicator, *examples);
    values.emplace_back(metric->name(), metric->value());
  }
  if (!part.predictions.samples.empty())
    std::ranges::copy(draws_taken(part.predictions.samples, communicator),
                      std::back_inserter(values));
  return values;
}

std::vector<NamedValue> evaluate(Predictor& predictor, const Dataset& dataset,
                                 Communicator& communicator) {
  const std::vector<std::unique_ptr<Metric>> metrics = predictor.make_metrics();
  return measure(metrics, predictor.predict(dataset, communicator), communicator);
}

}  // namespace credence
