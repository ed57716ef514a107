#pragma once

#include <span>
#include <string>
#include <string_view>

namespace credence {

/// How a reader is told of a metric.
struct MetricLabel {
  std::string_view metric;  ///< "nll"
  std::string_view title;   ///< "Negative log-likelihood"
  std::string_view unit;    ///< "nats per example"; what stands on its axis
};

std::span<const MetricLabel> metric_labels();

/// "Negative log-likelihood, nats per example"; the metric as it is if it is not among them.
std::string axis_label(std::string_view metric);

}  // namespace credence
