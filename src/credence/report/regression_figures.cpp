#include "credence/report/regression_figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// One column of a tensor [n, targets]; none of an empty one.
std::vector<double> column_of(const Tensor& tensor, std::int64_t column) {
  std::vector<double> values;
  if (tensor.empty()) return values;
  const std::int64_t width = tensor.shape().row_size();
  for (std::int64_t i = column; i < tensor.size(); i += width)
    values.push_back(tensor.span<float>()[static_cast<std::size_t>(i)]);
  return values;
}

std::vector<double> some_of(const std::vector<double>& values, std::int64_t most) {
  const auto size = static_cast<std::int64_t>(values.size());
  if (size <= most) return values;
  std::vector<double> some;
  for (std::int64_t i = 0; i < most; ++i)
    some.push_back(values[static_cast<std::size_t>(i * size / most)]);
  return some;
}

/// Groups of equal size, by sigma.
std::vector<SigmaGroup> groups_of(const std::vector<double>& sigma,
                                  const std::vector<double>& error, std::int64_t count) {
  std::vector<std::size_t> order(sigma.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return sigma[i]; });
  std::vector<SigmaGroup> groups;
  const std::size_t parts = std::min(static_cast<std::size_t>(count), order.size());
  for (std::size_t part = 0; part < parts; ++part) {
    SigmaGroup group;
    for (std::size_t i = part * order.size() / parts; i < (part + 1) * order.size() / parts; ++i) {
      group.sigma += sigma[order[i]] * sigma[order[i]];
      group.error += error[order[i]] * error[order[i]];
      group.examples += 1;
    }
    group.sigma = std::sqrt(group.sigma / group.examples);
    group.error = std::sqrt(group.error / group.examples);
    groups.push_back(group);
  }
  return groups;
}

}  // namespace

RegressionFigures regression_figures(const PredictedPart& whole, const TargetInfo& info,
                                     const RegressionFiguresOptions& options) {
  const Predictions& p = whole.predictions;
  RegressionFigures figures{.examples = whole.end - whole.begin, .interval = options.interval};
  if (!p.pit.empty()) figures.coverage = coverage_curve(whole, *self_communicator());
  const std::int64_t width = p.mean.shape().row_size();
  require<ShapeError>(whole.target.size() == p.mean.size(), "report: expected ", p.mean.size(),
                      " targets, got ", whole.target.size());
  for (std::int64_t i = 0; i < std::min(width, options.targets); ++i) {
    const auto number = static_cast<std::size_t>(i);
    RegressionTarget target;
    target.name = number < info.labels.size() ? info.labels[number]
                  : width == 1                ? "target"
                                              : concat("target ", i + 1);
    const std::vector<double> truth = column_of(whole.target, i);
    const std::vector<double> predicted = column_of(p.mean, i), sigma = column_of(p.sigma, i);
    target.truth = some_of(truth, options.points);
    target.predicted = some_of(predicted, options.points);
    target.sigma = some_of(sigma, options.points);
    target.lower = some_of(column_of(p.lower, i), options.points);
    target.upper = some_of(column_of(p.upper, i), options.points);
    if (!sigma.empty()) {
      std::vector<double> error;
      for (std::size_t row = 0; row < truth.size(); ++row)
        error.push_back(predicted[row] - truth[row]);
      target.groups = groups_of(sigma, error, options.groups);
    }
    figures.targets.push_back(std::move(target));
  }
  return figures;
}

}  // namespace credence
