#include "credence/report/paper_plots.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "credence/report/curve_plots.h"
#include "credence/report/line_colours.h"
#include "credence/report/metric_labels.h"
#include "credence/report/plot_parts.h"
#include "credence/report/posterior_plots.h"

namespace credence {
namespace {

/// Bars from the left, one a row, with names.
GnuplotPlot bars(const std::string& name, const std::string& quantity,
                 const std::vector<NamedValue>& values) {
  std::string block;
  for (const auto& [row, value] : values)
    block += fmt::format("{} {}\n", gnuplot_column(row.empty() ? "-" : row), plot_number(value));
  return {.name = name,
          .blocks = {{"rows", block}},
          .commands = {"set xlabel " + gnuplot_quoted(quantity), "set yrange [:] reverse",
                       "set style fill solid 0.8 noborder", "set grid noytics",
                       "set xtics rotate by -30; set rmargin 5", "set offsets 0, 0, 0.5, 0.5",
                       "plot $rows using ($2/2):0:($2/2):(0.35):yticlabels(1) with boxxyerror " +
                           gnuplot_colour(0) + " notitle"}};
}

void add_profile(const ReportedRun& run, std::vector<GnuplotPlot>& plots) {
  if (!run.profile || run.profile->steps == 0) return;
  std::vector<NamedValue> rows;
  for (const ProfileRow& row : run.profile->rows)
    if (row.seconds > 1e-3 * run.profile->seconds)
      rows.emplace_back(row.layer.empty() ? row.phase : row.phase + " " + row.layer,
                        1e3 * row.seconds / static_cast<double>(run.profile->steps));
  plots.push_back(bars("step-time", "ms per step", rows));
}

constexpr const char* diagonal = "x with lines lc rgb '#888888' dt 2 notitle";

void add_classification(const ClassificationFigures& figures, std::vector<GnuplotPlot>& plots) {
  std::string block;
  for (const ReliabilityBin& bin : figures.reliability) {
    if (bin.examples == 0) continue;
    const Interval interval = wilson_interval(bin.correct, bin.examples);
    block += plot_line({bin.confidence / bin.examples, bin.correct / bin.examples, interval.lower,
                        interval.upper});
  }
  std::string counts;
  for (const ReliabilityBin& bin : figures.reliability)
    counts += plot_line({(bin.lower + bin.upper) / 2, bin.examples > 0 ? bin.examples : NAN});
  plots.push_back({.name = "confidence",
                   .blocks = {{"bins", counts}},
                   .commands = {axis_labels("confidence", "test examples"),
                                "set xrange [0:1]; set logscale y; set yrange [0.5:*]",
                                "set style fill solid 0.8 noborder; set boxwidth 0.06",
                                "plot $bins with boxes " + gnuplot_colour(0) + " notitle"}});
  plots.push_back(
      {.name = "reliability",
       .blocks = {{"bins", block}},
       .commands = {axis_labels("confidence", "accuracy"),
                    "set xrange [0:1]; set yrange [0:1]; set size square",
                    plot_command({diagonal, "$bins with yerrorlines pt 7 ps 0.7 lw 1.5 " +
                                                gnuplot_colour(0) + " notitle"})}});
  if (figures.labels.size() > 30) return;
  block.clear();
  std::string tics;
  for (std::size_t truth = 0; truth < figures.labels.size(); ++truth) {
    const auto& row = figures.confusion[truth];
    double sum = 0;
    for (const std::int64_t count : row) sum += static_cast<double>(count);
    for (std::size_t predicted = 0; predicted < row.size(); ++predicted)
      block += plot_line({static_cast<double>(predicted), static_cast<double>(truth),
                          sum > 0 ? static_cast<double>(row[predicted]) / sum : 0,
                          static_cast<double>(row[predicted])});
    tics += fmt::format("{}{} {}", truth == 0 ? "" : ", ", gnuplot_quoted(figures.labels[truth]),
                        truth);
  }
  plots.push_back(
      {.name = "confusion",
       .blocks = {{"cells", block}},
       .commands = {
           axis_labels("predicted class", "true class"),
           "set palette defined (0 '#ffffff', 1 '#56b4e9'); set cbrange [0:1]; set "
           "cblabel 'share of the true class'",
           fmt::format("set xtics ({}); set ytics ({})", tics, tics),
           "set yrange [:] reverse; unset grid; unset offsets; set size ratio -1; unset key",
           "plot $cells using 1:2:3 with image, $cells using "
           "1:2:($4 > 0 ? sprintf('%d', $4) : '') with labels font ',9'"}});
}

void add_densities(const ClassificationFigures& figures, std::vector<GnuplotPlot>& plots) {
  for (const PredictiveDensity& density : figures.densities) {
    std::string points, means, tics;
    for (std::size_t i = 0; i < density.classes.size(); ++i) {
      const auto& draws = density.draws[i];
      double sum = 0;
      for (std::size_t draw = 0; draw < draws.size(); ++draw) {
        // A spread that fills the strip evenly, whatever the number of draws.
        const double jitter = std::fmod(0.618 * static_cast<double>(draw + 1), 1.0) - 0.5;
        points += plot_line({static_cast<double>(i) + 0.6 * jitter, draws[draw]});
        sum += draws[draw];
      }
      means += plot_line({static_cast<double>(i), sum / static_cast<double>(draws.size())});
      tics += fmt::format(
          "{}{} {}", i == 0 ? "" : ", ",
          gnuplot_quoted(figures.labels[static_cast<std::size_t>(density.classes[i])]), i);
    }
    plots.push_back(
        {.name = fmt::format("predictive-density-{}", density.example.index),
         .blocks = {{"draws", points}, {"means", means}},
         .commands = {
             axis_labels("class", "probability"),
             fmt::format("set title {} noenhanced",
                         gnuplot_quoted(fmt::format(
                             "test example {}, true class {}", density.example.index,
                             figures.labels[static_cast<std::size_t>(density.example.truth)]))),
             fmt::format("set xtics ({}); set xrange [-0.6:{}]; set yrange [0:1]", tics,
                         static_cast<double>(density.classes.size()) - 0.4),
             "set style fill solid 0.25 noborder; set boxwidth 0.8",
             plot_command({"$means with boxes " + gnuplot_colour(0) + " title 'mean'",
                           "$draws with points pt 7 ps 0.5 " + gnuplot_colour(1) +
                               " title 'draws of the weights'"})}});
  }
}

void add_diagnostics(const ReportedRun& run, std::vector<GnuplotPlot>& plots) {
  std::vector<NamedValue> kl;
  for (const PosteriorSummary& posterior : run.posteriors)
    kl.emplace_back(posterior.name, posterior.kl);
  if (!kl.empty()) plots.push_back(bars("kl-by-layer", "KL, nats", kl));
  if (run.pruning.points.empty()) return;
  for (const auto& named : run.pruning.points.front().values) {
    const std::string& metric = named.first;
    if (metric != "accuracy" && metric != "rmse" && metric != "nll") continue;
    std::string block;
    for (const PruningPoint& point : run.pruning.points)
      for (const auto& [name, value] : point.values)
        if (name == metric) block += plot_line({100 * point.share, value});
    plots.push_back(
        {.name = "pruning-" + metric,
         .blocks = {{"points", block}},
         .commands = {
             axis_labels("weights removed, %", axis_label(metric)), "set xrange [0:100]",
             "plot $points with linespoints pt 7 ps 0.6 lw 2 " + gnuplot_colour(0) + " notitle"}});
  }
}

void add_regression(const RegressionFigures& figures, std::vector<GnuplotPlot>& plots) {
  std::string coverage;
  for (const CoveragePoint& point : figures.coverage)
    coverage += plot_line({point.nominal, point.empirical});
  if (!coverage.empty())
    plots.push_back(
        {.name = "coverage",
         .blocks = {{"levels", coverage}},
         .commands = {axis_labels("probability of the interval", "share of targets in it"),
                      "set xrange [0:1]; set yrange [0:1]; set size square",
                      plot_command({diagonal, "$levels with linespoints pt 7 ps 0.5 lw 2 " +
                                                  gnuplot_colour(0) + " notitle"})}});
  for (const RegressionTarget& target : figures.targets) {
    std::string points, groups;
    for (std::size_t i = 0; i < target.truth.size(); ++i)
      points += plot_line({target.truth[i], target.predicted[i],
                           target.lower.empty() ? NAN : target.lower[i],
                           target.upper.empty() ? NAN : target.upper[i]});
    const std::string style =
        target.lower.empty() ? "with points pt 7 ps 0.5 " : "with yerrorbars pt 7 ps 0.5 lw 0.4 ";
    plots.push_back({.name = plot_name("predicted-" + target.name),
                     .blocks = {{"points", points}},
                     .commands = {axis_labels("true " + target.name, "predicted " + target.name),
                                  plot_command({"$points " + style + gnuplot_colour(0) + " notitle",
                                                diagonal})}});
    for (const SigmaGroup& group : target.groups) groups += plot_line({group.sigma, group.error});
    if (groups.empty()) continue;
    plots.push_back(
        {.name = plot_name("sigma-" + target.name),
         .blocks = {{"groups", groups}},
         .commands = {axis_labels("predicted σ of " + target.name, "rms error"),
                      plot_command({diagonal, "$groups with linespoints pt 7 ps 0.7 lw 2 " +
                                                  gnuplot_colour(0) + " notitle"})}});
  }
}

}  // namespace

std::vector<GnuplotPlot> paper_plots(const ReportedRun& run) {
  std::vector<GnuplotPlot> plots;
  const auto add = [&](std::vector<GnuplotPlot> more) {
    std::ranges::move(more, std::back_inserter(plots));
  };
  add(curve_plots(run));
  add_profile(run, plots);
  if (run.classification) {
    add_classification(*run.classification, plots);
    add_densities(*run.classification, plots);
  }
  if (run.regression) add_regression(*run.regression, plots);
  add(posterior_plots(run.histograms));
  add_diagnostics(run, plots);
  return plots;
}

}  // namespace credence
