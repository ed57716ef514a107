#include "credence/report/histogram_observer.h"

#include <nlohmann/json.hpp>

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

void HistogramObserver::on_epoch(const EpochReport& report) {
  tell({.epoch = report.epoch, .step = report.step, .member = report.member});
}

void HistogramObserver::tell(const HistogramTime& time) const {
  if (sinks_.empty()) return;
  const std::vector<ParameterHistogram> histograms = parameter_histograms(model_);
  for (const HistogramSink& sink : sinks_) sink(time, histograms);
}

}  // namespace credence
