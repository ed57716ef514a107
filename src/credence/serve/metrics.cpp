#include "credence/serve/metrics.h"

#include <algorithm>
#include <charconv>

#include "credence/base/errors.h"

namespace credence {
namespace {

std::string heading(const std::string& name, const std::string& help, const char* type) {
  return concat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

std::string digits(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace

void CumulativeHistogram::add(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  sum_ += value;
}

std::string CumulativeHistogram::text(const std::string& name, const std::string& help) const {
  std::string lines = heading(name, help, "histogram");
  std::int64_t count = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    count += counts_[i];
    const std::string bound = i < bounds_.size() ? digits(bounds_[i]) : "+Inf";
    lines += concat(name, "_bucket{le=\"", bound, "\"} ", count, "\n");
  }
  return lines + concat(name, "_sum ", digits(sum_), "\n", name, "_count ", count, "\n");
}

void ServiceMetrics::on_answer(const std::string& path, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{path, status}];
  seconds_.add(seconds);
}

void ServiceMetrics::on_batch(std::int64_t requests, std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  rows_ += rows;
  batch_requests_.add(static_cast<double>(requests));
  batch_rows_.add(static_cast<double>(rows));
}

void ServiceMetrics::on_connection(int change) {
  const std::lock_guard lock(mutex_);
  connections_ += change;
}

std::string ServiceMetrics::text(std::int64_t queue_length) const {
  const std::lock_guard lock(mutex_);
  std::string lines = heading("credence_requests_total", "Requests answered.", "counter");
  for (const auto& [key, count] : requests_)
    lines += concat("credence_requests_total{path=\"", key.first, "\",code=\"", key.second, "\"} ",
                    count, "\n");
  lines += heading("credence_rows_total", "Examples predicted.", "counter") +
           concat("credence_rows_total ", rows_, "\n");
  lines += heading("credence_queue_length", "Requests waiting to be predicted.", "gauge") +
           concat("credence_queue_length ", queue_length, "\n");
  lines += heading("credence_connections", "Open connections.", "gauge") +
           concat("credence_connections ", connections_, "\n");
  lines += seconds_.text("credence_request_seconds", "From a request's first byte to its answer.");
  lines += batch_rows_.text("credence_batch_rows", "Examples predicted together.");
  return lines + batch_requests_.text("credence_batch_requests", "Requests answered together.");
}

}  // namespace credence
