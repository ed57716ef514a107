#include "credence/scaling/study_table.h"

#include <array>

#include <fmt/format.h>

#include "credence/base/table.h"
#include "credence/base/text.h"

namespace credence {
namespace {

struct Unit {
  double size;
  const char* name;
};

/// Three digits that count.
std::string digits(double value) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

Unit unit_of(double seconds) {
  constexpr std::array<Unit, 4> units{{{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}}};
  for (const Unit& unit : units)
    if (seconds >= 0.9995 * unit.size) return unit;
  return units.back();
}

std::string percent(double share) {
  return fmt::format("{:.0f}%", 100 * share);
}

std::string range(const Bounded& figure, double unit) {
  return fmt::format("{}-{}", digits(figure.low / unit), digits(figure.high / unit));
}

std::vector<std::string> cells_of(const ScalingPoint& point) {
  const ScalingSpeed& speed = point.speed;
  const double step = point.times.step();
  return {fmt::format("{}{}", point.ranks, point.is_oversubscribed ? "*" : ""),
          digits(1e3 * speed.step_s.value),
          range(speed.step_s, 1e-3),
          with_thousands(std::llround(speed.samples_per_sec.value)),
          digits(speed.speed_up.value),
          percent(speed.efficiency.value),
          percent(point.times.compute / step),
          percent(point.times.imbalance / step),
          percent(point.times.reduction / step)};
}

std::string series_table(const ScalingStudy& study, const ScaledRecipe& recipe, ScalingMode mode) {
  const auto measured = points_of(study.measured, recipe.name, mode);
  const auto predicted = points_of(study.predicted, recipe.name, mode);
  if (measured.empty()) return "";
  Table table({{"ranks", Align::right},
               {"ms/step", Align::right},
               {"from-to", Align::right},
               {"samples/s", Align::right},
               {"speed-up", Align::right},
               {"effic.", Align::right},
               {"compute", Align::right},
               {"imbal.", Align::right},
               {"reduce", Align::right}});
  for (const ScalingPoint& point : measured) table.add_row(cells_of(point));
  if (!predicted.empty()) table.add_rule();
  for (const ScalingPoint& point : predicted) table.add_row(cells_of(point));
  return fmt::format(
      "{}, {} scaling, {} examples {}\n{}{}\n", recipe.name, enum_name(mode), recipe.batch,
      mode == ScalingMode::strong ? "in all" : "a rank", table.text(usual_columns),
      predicted.empty() ? "" : "below the line: predicted, from-to with 90% probability\n");
}

std::string bounded_seconds(const Bounded& figure) {
  const Unit unit = unit_of(figure.value);
  return fmt::format("{} {} ({})", digits(figure.value / unit.size), unit.name,
                     range(figure, unit.size));
}

std::string constants_text(const ScalingStudy& study) {
  if (study.recipes.empty()) return "";
  std::string text = "model of a step (90% intervals)\n";
  for (const FittedRecipe& recipe : study.recipes)
    text += fmt::format(
        "  {}: compute {} + {} an example; jitter of a rank {:.1f}% ({:.1f}-{:.1f})\n",
        recipe.recipe, bounded_seconds(recipe.fixed_s), bounded_seconds(recipe.example_s),
        100 * recipe.jitter.value, 100 * recipe.jitter.low, 100 * recipe.jitter.high);
  if (!study.network) return text;
  const Bounded& byte_s = study.network->byte_s;
  const Bounded megabyte_s{1e6 * byte_s.low, 1e6 * byte_s.value, 1e6 * byte_s.high};
  return text + fmt::format("  reduction: {} a doubling of ranks + {} a megabyte there and back\n",
                            bounded_seconds(study.network->latency_s), bounded_seconds(megabyte_s));
}

std::string held_out_text(const HeldOut& held) {
  const Bounded& step = held.predicted.speed.step_s;
  return fmt::format(
      "  {}, {}, {}: from up to {} {} ms ({}), measured {} ms\n", held.measured.recipe,
      enum_name(held.measured.mode), counted(held.measured.ranks, "rank"), held.fitted_ranks,
      digits(1e3 * step.value), range(step, 1e-3), digits(1e3 * held.measured.speed.step_s.value));
}

}  // namespace

std::string seconds_text(double seconds) {
  const Unit unit = unit_of(seconds);
  return fmt::format("{} {}", digits(seconds / unit.size), unit.name);
}

std::string study_table(const ScalingStudy& study) {
  std::string text;
  for (const ScaledRecipe& recipe : study.plan.recipes)
    for (const ScalingMode mode : study.plan.modes) text += series_table(study, recipe, mode);
  text += constants_text(study);
  if (!study.held_out.empty()) text += "counts predicted from smaller ones alone\n";
  for (const HeldOut& held : study.held_out) text += held_out_text(held);
  for (const std::string& note : study.notes) text += hanging_paragraph("- ", note, usual_columns);
  return text;
}

}  // namespace credence
