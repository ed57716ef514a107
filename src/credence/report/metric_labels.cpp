#include "credence/report/metric_labels.h"

#include <algorithm>

#include "credence/base/errors.h"

namespace credence {
namespace {

constexpr MetricLabel names[] = {
    {"loss", "Loss", "nll + KL / examples"},
    {"nll", "Negative log-likelihood", "nats per example"},
    {"kl", "KL from the prior", "nats"},
    {"elbo", "Evidence lower bound", "nats"},
    {"accuracy", "Accuracy", "share of examples"},
    {"rmse", "Root mean squared error", "units of the target"},
    {"mae", "Mean absolute error", "units of the target"},
    {"ll", "Log-likelihood", "nats per example, in units of the target"},
    {"ece", "Expected calibration error", "probability"},
    {"adaptive_ece", "Adaptive calibration error", "probability"},
    {"classwise_ece", "Classwise calibration error", "probability"},
    {"brier", "Brier score", "squared probability"},
    {"predictive_entropy", "Predictive entropy", "nats"},
    {"mutual_information", "Mutual information", "nats"},
    {"picp", "Interval coverage", "share of targets"},
    {"mpiw", "Interval width", "units of the target"},
    {"crps", "CRPS", "units of the target"},
    {"auroc", "Area under ROC", "probability"},
    {"noise_sigma", "Sigma of the noise", "units of the target"},
    {"acceptance", "Acceptance", "share of trajectories"},
    {"divergent", "Divergent trajectories", "trajectories"},
    {"step_size", "Step size", ""},
    {"energy_r_hat", "R-hat of the energy", ""},
    {"energy_ess", "Effective samples of the energy", "samples"},
    {"log_evidence", "Log evidence", "nats"},
    {"learning_rate", "Learning rate", ""},
    {"samples_per_sec", "Throughput", "examples per second"},
};

}  // namespace

std::span<const MetricLabel> metric_labels() {
  return names;
}

std::string axis_label(std::string_view metric) {
  const auto* const found = std::ranges::find(names, metric, &MetricLabel::metric);
  if (found == std::end(names)) return std::string(metric);
  return concat(found->title, found->unit.empty() ? "" : ", ", found->unit);
}

}  // namespace credence
