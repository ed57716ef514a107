#include "credence/records/run_course.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>

#include "credence/records/file_tail.h"
#include "credence/records/metrics_record.h"

namespace credence {
namespace {

bool is_speed(std::string_view key) {
  static constexpr std::array<std::string_view, 3> speeds{"learning_rate", "samples_per_sec",
                                                          "seconds"};
  return std::ranges::count(speeds, key) > 0;
}

/// How training goes: what is no place in it, and no speed.
RunCourse::Figures figures_of(const MetricsRecord& record, bool of_validation) {
  RunCourse::Figures figures;
  for (const auto& [key, value] : record.numbers)
    if (!is_place(key) && !is_speed(key) && key.starts_with("val_") == of_validation)
      figures.emplace_back(key, value);
  return figures;
}

}  // namespace

RunCourse::Line RunCourse::add(std::string_view line) {
  const std::optional<MetricsRecord> record = parse_metrics_record(line);
  if (!record) return Line::none;
  if (record->event == "header") {
    *this = RunCourse();
    has_begun = true;
    model = record->text("model");
    dataset = record->text("dataset");
    ranks = record->count("ranks");
    threads_per_rank = record->count("threads_per_rank");
    seed = record->count("seed");
    parameters = record->count("parameters");
    global_batch_size = record->count("global_batch_size");
    epochs = record->count("epochs");
    steps_per_epoch = record->count("steps_per_epoch");
    return Line::header;
  }
  if (record->event == "end") {
    has_ended = true;
    train_seconds = record->number("train_seconds");
    samples_per_sec = record->number("samples_per_sec", samples_per_sec);
    return Line::end;
  }
  if (record->event != "step" && record->event != "epoch") return Line::none;
  has_ended = false;  // what had ended goes on
  epoch = record->count("epoch", epoch);
  step = record->count("step", step);
  member = record->member();
  samples_per_sec = record->number("samples_per_sec", samples_per_sec);
  figures = figures_of(*record, false);
  Figures of_validation = figures_of(*record, true);
  if (!of_validation.empty()) validation = std::move(of_validation);
  const bool is_step = record->event == "step";
  epochs_done = is_step ? std::max<std::int64_t>(epoch - 1, 0) : epoch;
  const double loss = record->number("loss", std::numeric_limits<double>::quiet_NaN());
  (is_step ? step_losses_ : epoch_losses_).push_back(loss);
  return is_step ? Line::step : Line::epoch;
}

std::int64_t RunCourse::step_in_epoch() const {
  const auto in_epoch = static_cast<double>(std::max<std::int64_t>(steps_per_epoch, 0));
  const double before = (static_cast<double>(epoch) - 1) * in_epoch;
  return static_cast<std::int64_t>(std::clamp(static_cast<double>(step) - before, 0.0, in_epoch));
}

double RunCourse::seconds_left() const {
  if (!knows_length() || global_batch_size <= 0 || samples_per_sec <= 0)
    return std::numeric_limits<double>::infinity();
  const double left = std::max(steps() - static_cast<double>(step), 0.0);
  return left * static_cast<double>(global_batch_size) / samples_per_sec;
}

RunCourse course_of(const std::filesystem::path& metrics) {
  RunCourse course;
  for (const std::string& line : FileTail(metrics).read().lines) course.add(line);
  return course;
}

std::string sparkline(const std::vector<double>& values, int width) {
  static constexpr std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::vector<double> finite;
  std::ranges::copy_if(values, std::back_inserter(finite),
                       [](double v) { return std::isfinite(v); });
  const std::size_t parts = std::min(finite.size(), static_cast<std::size_t>(std::max(width, 0)));
  if (parts == 0) return "";
  std::vector<double> means;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = part * finite.size() / parts;
    const std::size_t end = (part + 1) * finite.size() / parts;
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += finite[i];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  const auto [least, most] = std::ranges::minmax(means);
  std::string line;
  for (const double mean : means) {
    const double height = most > least ? (mean - least) / (most - least) : 0;
    line += blocks[static_cast<std::size_t>(std::lround(height * (blocks.size() - 1)))];
  }
  return line;
}

}  // namespace credence
