#include "credence/records/run_course.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "credence/base/json_number.h"
#include "credence/records/file_tail.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
T value_or(const Json& json, const char* key, T fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  if constexpr (std::is_integral_v<T>) return whole_number<T>(*found).value_or(fallback);
  const bool fits = std::is_same_v<T, std::string> ? found->is_string() : found->is_number();
  return fits ? found->template get<T>() : fallback;
}

/// Keys that are no figures of how training goes.
bool is_other(const std::string& key) {
  static constexpr std::array<std::string_view, 7> others{
      "epoch", "step", "member", "chain", "learning_rate", "samples_per_sec", "seconds"};
  return std::ranges::count(others, key) > 0;
}

RunCourse::Figures figures_of(const Json& json, bool of_validation) {
  RunCourse::Figures figures;
  for (const auto& [key, value] : json.items())
    if (value.is_number() && !is_other(key) && key.starts_with("val_") == of_validation)
      figures.emplace_back(key, value.get<double>());
  return figures;
}

}  // namespace

RunCourse::Line RunCourse::add(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return Line::none;
  const std::string event = value_or<std::string>(json, "event", "");
  if (event == "header") {
    *this = RunCourse();
    has_begun = true;
    model = value_or<std::string>(json, "model", "");
    dataset = value_or<std::string>(json, "dataset", "");
    ranks = value_or(json, "ranks", std::int64_t{0});
    parameters = value_or(json, "parameters", std::int64_t{0});
    global_batch_size = value_or(json, "global_batch_size", std::int64_t{0});
    epochs = value_or(json, "epochs", std::int64_t{0});
    steps_per_epoch = value_or(json, "steps_per_epoch", std::int64_t{0});
    return Line::header;
  }
  if (event == "end") {
    has_ended = true;
    train_seconds = value_or(json, "train_seconds", 0.0);
    samples_per_sec = value_or(json, "samples_per_sec", samples_per_sec);
    return Line::end;
  }
  if (event != "step" && event != "epoch") return Line::none;
  has_ended = false;  // what had ended goes on
  epoch = value_or(json, "epoch", epoch);
  step = value_or(json, "step", step);
  member = value_or(json, "member", value_or(json, "chain", std::int64_t{0}));
  samples_per_sec = value_or(json, "samples_per_sec", samples_per_sec);
  figures = figures_of(json, false);
  Figures of_validation = figures_of(json, true);
  if (!of_validation.empty()) validation = std::move(of_validation);
  const double loss = value_or(json, "loss", std::numeric_limits<double>::quiet_NaN());
  (event == "step" ? step_losses_ : epoch_losses_).push_back(loss);
  return event == "step" ? Line::step : Line::epoch;
}

std::int64_t RunCourse::step_in_epoch() const {
  const auto in_epoch = static_cast<double>(std::max<std::int64_t>(steps_per_epoch, 0));
  const double before = (static_cast<double>(epoch) - 1) * in_epoch;
  return static_cast<std::int64_t>(std::clamp(static_cast<double>(step) - before, 0.0, in_epoch));
}

double RunCourse::seconds_left() const {
  if (!knows_length() || global_batch_size <= 0 || samples_per_sec <= 0)
    return std::numeric_limits<double>::infinity();
  const double all = static_cast<double>(epochs) * static_cast<double>(steps_per_epoch);
  const double steps = std::max(all - static_cast<double>(step), 0.0);
  return steps * static_cast<double>(global_batch_size) / samples_per_sec;
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
