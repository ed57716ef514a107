#include "credence/terminal/progress_observer.h"

#include <fmt/format.h>

#include "credence/base/log.h"
#include "credence/base/text.h"

namespace credence {

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

}  // namespace credence
