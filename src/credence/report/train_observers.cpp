#include "credence/report/train_observers.h"

#include <fmt/format.h>

#include "credence/base/log.h"
#include "credence/base/text.h"

namespace credence {

std::vector<Field> fields_of(const std::vector<NamedValue>& values) {
  std::vector<Field> fields;
  fields.reserve(values.size());
  for (const auto& [name, value] : values) fields.push_back({name, value});
  return fields;
}

std::string text_of(const std::vector<NamedValue>& values) {
  std::string text;
  for (const auto& [name, value] : values)
    text += fmt::format("{}{} {:.4g}", text.empty() ? "" : "  ", name, value);
  return text;
}

PredictObserver show_predictions(Progress& progress, std::string work) {
  return [&progress, work = std::move(work)](std::int64_t done, std::int64_t all) {
    progress.update({.work = work, .step = done, .steps = all});
  };
}

void ProgressObserver::on_step(const StepReport& report) {
  epochs_ = report.epochs;
  const std::vector<Field> fields{{"loss", report.loss}};
  progress_.update({.epoch = report.epoch,
                    .epochs = report.epochs,
                    .step = report.step_in_epoch,
                    .steps = report.steps_per_epoch,
                    .fields = fields,
                    .samples_per_sec = report.samples_per_sec});
}

void ProgressObserver::on_epoch(const EpochReport& report) {
  const std::string line = fmt::format(
      "epoch {}/{}  {}  {} samples/s  {}", report.epoch, epochs_, text_of(report.values),
      with_thousands(static_cast<long long>(report.samples_per_sec)),
      duration_text(report.seconds));
  progress_.finish_line(line);
  log_to_files(line);
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
