#include "credence/records/profile.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/json_number.h"
#include "credence/base/table.h"

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

Profile make_profile(const Timeline& timeline, const Model& model, const ProfileOptions& options) {
  const std::vector<NodeSummary> nodes = model.summary();
  const double examples = options.examples_per_step * static_cast<double>(options.steps);
  Profile profile{.steps = options.steps,
                  .seconds = options.seconds,
                  .examples_per_step = options.examples_per_step};
  double known = 0;
  for (const Timeline::Work& work : timeline.works()) {
    profile.rows.push_back({.phase = name_of(work.phase),
                            .layer = full_name(nodes, work.name),
                            .seconds = work.seconds,
                            .flops = flops_of(nodes, work) * examples});
    known += work.seconds;
  }
  profile.rows.push_back({.phase = "other", .seconds = std::max(0.0, options.seconds - known)});
  return profile;
}

void write_profile(const std::filesystem::path& path, const Profile& profile) {
  nlohmann::ordered_json json{{"steps", profile.steps},
                              {"seconds", profile.seconds},
                              {"examples_per_step", profile.examples_per_step},
                              {"rows", nlohmann::ordered_json::array()}};
  for (const ProfileRow& row : profile.rows)
    json["rows"].push_back({{"phase", row.phase},
                            {"layer", row.layer},
                            {"seconds", row.seconds},
                            {"flops", row.flops}});
  write_file(path, json.dump(2) + "\n");
}

Profile read_profile(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  try {
    const auto json = nlohmann::json::parse(text);
    const auto steps = whole_number<std::int64_t>(json.at("steps"));
    require<DataError>(steps.has_value(), path.string(), ": expected a whole number of steps, got ",
                       json.at("steps").dump());
    Profile profile{.steps = *steps,
                    .seconds = json.at("seconds"),
                    .examples_per_step = json.at("examples_per_step")};
    for (const auto& row : json.at("rows"))
      profile.rows.push_back({.phase = row.at("phase"),
                              .layer = row.at("layer"),
                              .seconds = row.at("seconds"),
                              .flops = row.at("flops")});
    return profile;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(concat(path.string(), ": expected a profile, got ", error.what()));
  }
}

std::string profile_table(const Timeline& timeline, const Model& model,
                          const ProfileOptions& options) {
  const auto steps = static_cast<double>(std::max<std::int64_t>(1, options.steps));
  const Profile profile = make_profile(timeline, model, options);
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
  double flops = 0;
  for (const ProfileRow& row : profile.rows) {
    add_row(row.phase, row.layer, row.seconds, row.flops);
    flops += row.flops;
  }
  table.add_rule();
  add_row("step", "", options.seconds, flops);
  return concat("where the time of ", options.steps, " steps of ",
                fixed(options.examples_per_step, 0), " examples went (this rank)\n") +
         table.text();
}

}  // namespace credence
