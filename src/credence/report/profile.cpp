#include "credence/report/profile.h"

#include <algorithm>
#include <cstdio>

#include "credence/base/errors.h"
#include "credence/report/table.h"

namespace credence {
namespace {

std::string fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

std::string percent(double share) {
  return fixed(100 * share, 1) + "%";
}

/// "conv1 + relu1 + pool1": the layer and those that run in it.
std::string full_name(const std::vector<NodeSummary>& nodes, const std::string& name) {
  std::string full = name;
  for (const NodeSummary& node : nodes)
    if (!name.empty() && node.runs_in == name) full += " + " + node.name;
  return full;
}

double flops_of(const std::vector<NodeSummary>& nodes, const Timeline::Work& work) {
  const auto node = std::ranges::find(nodes, work.name, &NodeSummary::name);
  if (node == nodes.end()) return 0;
  if (work.phase == Phase::forward) return node->forward_flops;
  return work.phase == Phase::backward ? node->backward_flops : 0;
}

}  // namespace

std::string profile_table(const Timeline& timeline, const Model& model,
                          const ProfileOptions& options) {
  const auto steps = static_cast<double>(std::max<std::int64_t>(1, options.steps));
  const std::vector<NodeSummary> nodes = model.summary();
  Table table({{"phase"},
               {"layer"},
               {"ms/step", Align::right},
               {"share", Align::right},
               {"GFLOP/s", Align::right},
               {"of peak", Align::right}});
  const auto add_row = [&](const std::string& phase, const std::string& layer, double seconds,
                           double flops) {
    const double gflops = seconds > 0 ? flops / seconds * 1e-9 : 0;
    table.add_row({phase, layer, fixed(1e3 * seconds / steps, 3),
                   options.seconds > 0 ? percent(seconds / options.seconds) : "",
                   flops > 0 ? fixed(gflops, 1) : "",
                   flops > 0 && options.peak_gflops ? percent(gflops / *options.peak_gflops) : ""});
  };
  double known = 0, flops = 0;
  for (const Timeline::Work& work : timeline.works()) {
    const double work_flops = flops_of(nodes, work) * options.examples_per_step * steps;
    add_row(name_of(work.phase), full_name(nodes, work.name), work.seconds, work_flops);
    known += work.seconds;
    flops += work_flops;
  }
  add_row("other", "", std::max(0.0, options.seconds - known), 0);
  table.add_rule();
  add_row("step", "", options.seconds, flops);
  return concat("where the time of ", options.steps, " steps of ",
                fixed(options.examples_per_step, 0), " examples went (this rank)\n") +
         table.text();
}

}  // namespace credence
