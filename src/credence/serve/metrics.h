#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "credence/serve/prediction_service.h"

namespace credence {

/// Counts of values by upper bounds.
class CumulativeHistogram {
 public:
  explicit CumulativeHistogram(std::vector<double> bounds)
      : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

  void add(double value);
  /// Its lines in Prometheus' text format, the counts cumulated.
  std::string text(const std::string& name, const std::string& help) const;

 private:
  std::vector<double> bounds_;
  std::vector<std::int64_t> counts_;
  double sum_ = 0;
};

/// What a service has done so far. May be called from several threads.
class ServiceMetrics : public PredictionService::Observer {
 public:
  /// A request that was answered; `path` is one of ours, or "other".
  void on_answer(const std::string& path, int status, double seconds);
  void on_batch(std::int64_t requests, std::int64_t rows) override;
  void on_connection(int change);

  /// Prometheus' text format, version 0.0.4.
  std::string text(std::int64_t queue_length) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::int64_t> requests_;
  std::int64_t rows_ = 0, connections_ = 0;
  CumulativeHistogram seconds_{
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}};
  CumulativeHistogram batch_rows_{{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}};
  CumulativeHistogram batch_requests_{{1, 2, 4, 8, 16, 32, 64, 128}};
};

}  // namespace credence
