#include "credence/report/scaling_plots.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "credence/report/line_colours.h"
#include "credence/report/plot_parts.h"

namespace credence {
namespace {

using Quantity = std::function<Bounded(const ScalingPoint&)>;

Bounded thousand_examples_s(const ScalingPoint& point) {
  const Bounded& speed = point.speed.samples_per_sec;
  return {1e3 / speed.high, 1e3 / speed.value, 1e3 / speed.low};
}

Bounded speed_up(const ScalingPoint& point) {
  return point.speed.speed_up;
}

/// Lines of ranks, value, low and high.
std::string block_of(const std::vector<ScalingPoint>& points, const Quantity& quantity) {
  std::string block;
  for (const ScalingPoint& point : points) {
    const Bounded figure = quantity(point);
    block += plot_line({static_cast<double>(point.ranks), figure.value, figure.low, figure.high});
  }
  return block;
}

/// A plot of recipes, one after the other.
class RecipePlot {
 public:
  RecipePlot(const ScalingStudy& study, ScalingMode mode, Quantity quantity)
      : study_(study), mode_(mode), quantity_(std::move(quantity)) {}

  void add(const std::string& recipe, std::size_t number) {
    std::vector<ScalingPoint> own, shared;
    for (const ScalingPoint& point : points_of(study_.measured, recipe, mode_))
      (point.is_oversubscribed ? shared : own).push_back(point);
    const std::vector<ScalingPoint> predicted = points_of(study_.predicted, recipe, mode_);
    const std::string colour = gnuplot_colour(number);
    std::string title = "title " + gnuplot_quoted(recipe);
    const auto draw = [&](const char* kind, const std::vector<ScalingPoint>& points,
                          const std::string& style) {
      if (points.empty()) return;
      const std::string name = fmt::format("{}{}", kind, number);
      plot_.blocks.emplace_back(name, block_of(points, quantity_));
      clauses_.push_back(fmt::format("${} {} {} {}", name, style, colour, title));
      title = "notitle";
      for (const ScalingPoint& point : points) most_ = std::max(most_, point.ranks);
    };
    draw("measured", own, "with yerrorlines pt 7 ps 0.7 lw 2");
    draw("shared", shared, "with yerrorbars pt 6 ps 0.8 lw 1.5");
    if (predicted.empty()) return;
    std::vector<ScalingPoint> line;  // from the last that was measured on
    if (!own.empty()) line.push_back(own.back());
    std::ranges::copy(predicted, std::back_inserter(line));
    std::ranges::stable_sort(line, {}, &ScalingPoint::ranks);
    draw("line", line, "using 1:2 with lines dt 2 lw 1.5");
    draw("predicted", predicted, "with yerrorbars pt 4 ps 0.7 lw 1.5");
  }

  GnuplotPlot finish(const std::string& name, const std::string& axis, bool with_diagonal) {
    plot_.name = plot_name(name);
    if (with_diagonal)
      clauses_.insert(clauses_.begin(), "x with lines lc rgb '#888888' dt 2 title '1:1'");
    plot_.commands = {axis_labels("ranks", axis),
                      // Offsets would add to the axes' logarithms.
                      fmt::format("unset offsets; set logscale x 2; set logscale y {}; set xrange "
                                  "[0.85:{}]",
                                  with_diagonal ? 2 : 10, 1.2 * static_cast<double>(most_)),
                      "set key reverse Left maxcols 2", plot_command(clauses_)};
    return std::move(plot_);
  }

 private:
  const ScalingStudy& study_;
  ScalingMode mode_;
  Quantity quantity_;
  GnuplotPlot plot_;
  std::vector<std::string> clauses_;
  std::int64_t most_ = 1;
};

}  // namespace

std::vector<GnuplotPlot> scaling_plots(const ScalingStudy& study) {
  std::vector<GnuplotPlot> plots;
  if (study.measured.empty()) return plots;
  for (const ScalingMode mode : study.plan.modes) {
    RecipePlot time(study, mode, thousand_examples_s), speed(study, mode, speed_up);
    for (std::size_t i = 0; i < study.plan.recipes.size(); ++i) {
      time.add(study.plan.recipes[i].name, i);
      speed.add(study.plan.recipes[i].name, i);
    }
    plots.push_back(time.finish("time-" + enum_name(mode), "seconds per 1,000 examples", false));
    plots.push_back(speed.finish("speed-up-" + enum_name(mode), "speed-up", true));
  }
  return plots;
}

}  // namespace credence
