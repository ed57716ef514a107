#include "credence/records/histogram_observer.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "credence/records/file_tail.h"

namespace credence {

void HistogramLog::write(const HistogramTime& time,
                         const std::vector<ParameterHistogram>& histograms) {
  std::string lines;
  for (const auto& [layer, quantity, histogram] : histograms) {
    nlohmann::ordered_json json{{"epoch", time.epoch}, {"step", time.step}};
    if (time.member > 0) json["member"] = time.member;
    json["layer"] = layer;
    json["quantity"] = quantity;
    json["edges"] = histogram.edges;
    json["counts"] = histogram.counts;
    lines += json.dump() + "\n";
  }
  file_.write(lines);
}

void HistogramLog::truncate(const HistogramTime& last) {
  std::int64_t bytes = 0;
  for (const std::string& line : FileTail(file_.path()).read().lines) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) break;
    const HistogramTime time{.step = json.value("step", std::int64_t{0}),
                             .member = json.value("member", std::int64_t{0})};
    if (std::pair(time.member, time.step) > std::pair(last.member, last.step)) break;
    bytes += static_cast<std::int64_t>(line.size()) + 1;
  }
  file_.truncate(bytes);
}

void HistogramObserver::on_epoch(const EpochReport& report) {
  tell({.epoch = report.epoch, .step = report.step, .member = report.member});
}

void HistogramObserver::tell(const HistogramTime& time) const {
  if (sinks_.empty()) return;
  const std::vector<ParameterHistogram> histograms = parameter_histograms(model_);
  for (const HistogramSink& sink : sinks_) sink(time, histograms);
}

}  // namespace credence
