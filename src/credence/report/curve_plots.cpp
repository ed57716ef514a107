#include "credence/report/curve_plots.h"

#include <algorithm>

#include <fmt/format.h>

#include "credence/report/line_colours.h"
#include "credence/report/metric_labels.h"
#include "credence/report/plot_parts.h"

namespace credence {
namespace {

/// Of chains that were trained one by one, what came of sampling each.
bool is_by_chain(const LearningCurves& curves, const Curve& curve) {
  return curve.member == 0 &&
         std::ranges::any_of(curves.by_epoch, [](const Curve& other) { return other.member > 0; });
}

std::string epoch_axis(double last) {
  return fmt::format("set xrange [0:{}]{}", plot_number(std::max(1.0, last)),
                     last <= 10 ? "; set xtics 1" : "");
}

/// "nll" of "val_nll".
std::string without_prefix(std::string name) {
  constexpr std::string_view validation = "val_";
  return name.starts_with(validation) ? name.substr(validation.size()) : name;
}

/// Figures that curves are of, training's and validation's under one name.
std::vector<std::string> curve_names(std::span<const ReportedRun> runs) {
  std::vector<std::string> names;
  for (const ReportedRun& run : runs)
    for (const Curve& curve : run.curves.by_epoch) {
      const std::string name = without_prefix(curve.name);
      if (name != "seconds" && std::ranges::count(names, name) == 0) names.push_back(name);
    }
  return names;
}

/// A plot of curves, one line after the other.
class CurvePlot {
 public:
  explicit CurvePlot(const std::string& name)
      : plot_{.name = plot_name(name), .blocks = {}, .commands = {}} {}

  void add(const Curve& curve, const std::string& style) {
    std::string block;
    for (std::size_t i = 0; i < curve.values.size(); ++i)
      block += plot_line({curve.epochs[i], curve.values[i]});
    const std::string name = fmt::format("curve{}", plot_.blocks.size());
    plot_.blocks.emplace_back(name, block);
    clauses_.push_back(fmt::format("${} with {} lw 2 {}", name,
                                   curve.values.size() > 40 ? "lines" : "linespoints pt 7 ps 0.5",
                                   style));
    if (!curve.epochs.empty()) last_ = std::max(last_, curve.epochs.back());
  }
  GnuplotPlot finish(const char* x, const std::string& metric) {
    plot_.commands = {axis_labels(x, axis_label(metric)), epoch_axis(last_),
                      plot_command(clauses_)};
    return std::move(plot_);
  }

 private:
  GnuplotPlot plot_;
  std::vector<std::string> clauses_;
  double last_ = 0;
};

}  // namespace

std::vector<GnuplotPlot> curve_plots(const ReportedRun& run) {
  std::vector<GnuplotPlot> plots;
  for (const std::string& name : curve_names({&run, 1})) {
    CurvePlot plot("curve-" + name);
    bool by_chain = false;
    for (const bool held_out : {false, true}) {
      for (const Curve* const curve : run.curves.named(held_out ? "val_" + name : name)) {
        by_chain = by_chain || is_by_chain(run.curves, *curve);
        const std::string title = curve->member > 1 ? "notitle"
                                  : held_out        ? "title 'validation'"
                                                    : "title 'training'";
        plot.add(*curve, fmt::format("{} {} {}", gnuplot_colour(held_out ? 1 : 0),
                                     held_out ? "dt 2" : "", title));
      }
    }
    plots.push_back(plot.finish(by_chain ? "chain" : "epoch", name));
  }
  return plots;
}

std::vector<GnuplotPlot> comparison_plots(std::span<const ReportedRun> runs) {
  std::vector<GnuplotPlot> plots;
  for (const std::string& name : curve_names(runs)) {
    CurvePlot plot("compare-" + name);
    for (std::size_t r = 0; r < runs.size(); ++r)
      for (const bool held_out : {false, true})
        for (const Curve* const curve : runs[r].curves.named(held_out ? "val_" + name : name)) {
          const std::string title = runs[r].name + (held_out ? " (validation)" : "");
          plot.add(*curve,
                   fmt::format("{} {} {}", gnuplot_colour(r), held_out ? "dt 2" : "",
                               curve->member > 1 ? "notitle" : "title " + gnuplot_quoted(title)));
        }
    plots.push_back(plot.finish("epoch", name));
  }
  return plots;
}

}  // namespace credence
