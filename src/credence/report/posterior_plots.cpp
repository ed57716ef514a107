#include "credence/report/posterior_plots.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "credence/report/line_colours.h"
#include "credence/report/plot_parts.h"

namespace credence {
namespace {

/// The density of a histogram: lines of x and y, scaled so that its largest is `most` if that is
/// given.
std::string density_lines(const WeightHistogram& histogram, std::optional<double> most = {}) {
  std::vector<double> density;
  double total = 0;
  for (const double count : histogram.counts) total += count;
  for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin)
    density.push_back(histogram.counts[bin] /
                      (total * (histogram.edges[bin + 1] - histogram.edges[bin])));
  const double scale = most ? *most / std::ranges::max(density) : 1;
  std::string lines;
  for (std::size_t bin = 0; bin < density.size(); ++bin)
    lines +=
        plot_line({(histogram.edges[bin] + histogram.edges[bin + 1]) / 2, scale * density[bin]});
  return lines;
}

std::string quantity_text(const std::string& quantity) {
  return quantity == "mu" ? "μ" : quantity == "sigma" ? "σ" : quantity;
}

/// Of weights that are all the same, as sigma is before training, there is no density to draw.
bool has_spread(const WeightHistogram& histogram) {
  return std::ranges::count_if(histogram.counts, [](double count) { return count > 0; }) > 1;
}

/// One layer at every moment of training.
void add_layer(const std::vector<const WeightHistogram*>& moments,
               std::vector<GnuplotPlot>& plots) {
  const WeightHistogram& last = *moments.back();
  GnuplotPlot plot{.name = plot_name("posterior-" + last.layer + "-" + last.quantity),
                   .blocks = {},
                   .commands = {}};
  std::vector<std::string> clauses;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const WeightHistogram& moment = *moments[i];
    if (!has_spread(moment) && &moment != &last) continue;
    plot.blocks.emplace_back(fmt::format("moment{}", i), density_lines(moment));
    const double share =
        moments.size() > 1 ? static_cast<double>(i) / static_cast<double>(moments.size() - 1) : 0;
    clauses.push_back(
        fmt::format("$moment{} with lines lw 1.8 {} title '{}'", i, gnuplot_viridis(share),
                    moment.step == 0 ? "before" : fmt::format("epoch {}", moment.epoch)));
  }
  plot.commands = {axis_labels(quantity_text(last.quantity) + " of " + last.layer, "density"),
                   "set yrange [0:*]", plot_command(clauses)};
  plots.push_back(std::move(plot));
}

/// All layers as they were last, 1 at their highest.
void add_layers(const std::vector<const WeightHistogram*>& layers,
                std::vector<GnuplotPlot>& plots) {
  const std::string& quantity = layers.front()->quantity;
  GnuplotPlot plot{.name = "posterior-" + quantity, .blocks = {}, .commands = {}};
  std::vector<std::string> clauses;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    plot.blocks.emplace_back(fmt::format("layer{}", i), density_lines(*layers[i], 1));
    clauses.push_back(fmt::format("$layer{} with lines lw 1.8 {} title {}", i, gnuplot_colour(i),
                                  gnuplot_quoted(layers[i]->layer)));
  }
  plot.commands = {axis_labels(quantity_text(quantity), "density, 1 at its highest"),
                   "set yrange [0:*]", plot_command(clauses)};
  plots.push_back(std::move(plot));
}

}  // namespace

std::vector<GnuplotPlot> posterior_plots(const std::vector<WeightHistogram>& histograms) {
  std::vector<GnuplotPlot> plots;
  std::map<std::pair<std::string, std::string>, std::vector<const WeightHistogram*>> layers;
  for (const WeightHistogram& histogram : histograms)
    layers[{histogram.quantity, histogram.layer}].push_back(&histogram);
  std::map<std::string, std::vector<const WeightHistogram*>> quantities;
  for (const auto& [name, moments] : layers) {
    add_layer(moments, plots);
    quantities[name.first].push_back(moments.back());
  }
  for (const auto& [name, last] : quantities) add_layers(last, plots);
  return plots;
}

}  // namespace credence
