#include "credence/records/metrics_observer.h"

namespace credence {

std::vector<Field> fields_of(const std::vector<NamedValue>& values) {
  std::vector<Field> fields;
  fields.reserve(values.size());
  for (const auto& [name, value] : values) fields.push_back({name, value});
  return fields;
}

void MetricsObserver::on_step(const StepReport& report) {
  if (every_steps_ == 0 || report.step % every_steps_ != 0) return;
  std::vector<Field> fields{{"epoch", report.epoch}, {"step", report.step}};
  if (report.member > 0) fields.push_back({"member", report.member});
  fields.insert(fields.end(), {{"loss", report.loss},
                               {"nll", report.nll},
                               {"kl", report.kl},
                               {"learning_rate", report.learning_rate},
                               {"samples_per_sec", report.samples_per_sec}});
  log_.write(MetricsEvent::step, fields);
}

void MetricsObserver::on_epoch(const EpochReport& report) {
  std::vector<Field> fields{{"epoch", report.epoch}, {"step", report.step}};
  for (Field& field : fields_of(report.values)) fields.push_back(std::move(field));
  fields.push_back({"learning_rate", report.learning_rate});
  fields.push_back({"samples_per_sec", report.samples_per_sec});
  fields.push_back({"seconds", report.seconds});
  log_.write(MetricsEvent::epoch, fields);
}

void MetricsObserver::on_end(const TrainReport& report) {
  const std::vector<Field> fields{{"epochs", report.epochs},
                                  {"steps", report.steps},
                                  {"train_seconds", report.train_seconds},
                                  {"samples_per_sec", report.samples_per_sec()}};
  log_.write(MetricsEvent::end, fields);
}

}  // namespace credence
