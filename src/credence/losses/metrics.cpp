#include <algorithm>
#include <iterator>

#include "credence/base/registry.h"
#include "credence/base/text.h"
#include "credence/losses/accuracy.h"
#include "credence/losses/adaptive_calibration_error.h"
#include "credence/losses/area_under_roc.h"
#include "credence/losses/brier.h"
#include "credence/losses/classwise_calibration_error.h"
#include "credence/losses/expected_calibration_error.h"
#include "credence/losses/mean_metric.h"
#include "credence/losses/regression_errors.h"
#include "credence/losses/uncertainty.h"

namespace credence {
namespace {

using Maker = std::unique_ptr<Metric> (*)();

template <class M>
std::unique_ptr<Metric> make() {
  return std::make_unique<M>();
}

template <class Figure>
std::unique_ptr<Metric> mean_of() {
  return make<MeanMetric<Figure>>();
}

const Registry<Maker>& metrics() {
  static const Registry<Maker> table("metric",
                                     {
                                         {"accuracy", mean_of<Accuracy>},
                                         {"nll", mean_of<NegativeLogLikelihood>},
                                         {"ece", make<ExpectedCalibrationError>},
                                         {"adaptive_ece", make<AdaptiveCalibrationError>},
                                         {"classwise_ece", make<ClasswiseCalibrationError>},
                                         {"brier", mean_of<Brier>},
                                         {"predictive_entropy", mean_of<PredictiveEntropy>},
                                         {"mutual_information", mean_of<MutualInformation>},
                                         {"auroc", make<AreaUnderRoc>},
                                         {"rmse", mean_of<RootMeanSquaredError>},
                                         {"mae", mean_of<MeanAbsoluteError>},
                                         {"ll", mean_of<LogLikelihood>},
                                         {"picp", mean_of<IntervalCoverage>},
                                         {"mpiw", mean_of<IntervalWidth>},
                                         {"crps", mean_of<ContinuousRankedProbabilityScore>},
                                     });
  return table;
}

}  // namespace

void Metric::reset() {
  std::ranges::fill(sums(), 0.0);
  if (collected()) collected()->clear();
}

Predictions rows_of(const Predictions& predictions, std::int64_t begin, std::int64_t count) {
  Predictions part = predictions;
  for (Tensor* figure :
       {&part.mean, &part.predictive_entropy, &part.mutual_information, &part.nll, &part.sigma,
        &part.epistemic_sigma, &part.lower, &part.upper, &part.crps, &part.pit})
    if (!figure->empty()) *figure = figure->rows(begin, count);
  return part;
}

std::unique_ptr<Metric> make_metric(const std::string& name) {
  return metrics().find(name)();
}

std::vector<std::string> metric_names() {
  return metrics().names();
}

Better better(const std::string& metric) {
  static const std::vector<std::string> more{"accuracy", "auroc", "ll"};
  static const std::vector<std::string> neither{"kl", "picp", "mpiw", "predictive_entropy",
                                                "mutual_information"};
  const auto is_in = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, metric) != names.end();
  };
  if (is_in(more)) return Better::more;
  if (is_in(neither)) return Better::neither;
  if (metric != "loss") make_metric(metric);
  return Better::less;
}

void require_fit(const std::string& name, Problem problem) {
  if (make_metric(name)->fits(problem)) return;
  std::vector<std::string> fitting;
  std::ranges::copy_if(metric_names(), std::back_inserter(fitting),
                       [&](const std::string& other) { return make_metric(other)->fits(problem); });
  throw ConfigError(concat("metric \"", name, "\" does not fit a problem of ", enum_name(problem),
                           "; those that fit: ", join(fitting)));
}

std::vector<std::unique_ptr<Metric>> make_metrics(Problem problem,
                                                  const std::vector<std::string>& more) {
  static const std::vector<std::string> classification = {
      "accuracy", "nll", "ece", "brier", "predictive_entropy", "mutual_information"};
  static const std::vector<std::string> regression = {"rmse", "mae"};
  std::vector<std::string> names = is_regression(problem) ? regression : classification;
  if (problem == Problem::density_regression) names = {"nll", "rmse", "mae", "picp", "mpiw"};
  for (const std::string& name : more) {
    require_fit(name, problem);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::vector<std::unique_ptr<Metric>> made;
  std::ranges::transform(names, std::back_inserter(made), make_metric);
  return made;
}

}  // namespace credence
