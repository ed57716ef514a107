#include "credence/cli/header.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "credence/base/table.h"
#include "credence/base/text.h"
#include "credence/base/version.h"
#include "credence/comm/compression.h"
#include "credence/comm/node_groups.h"
#include "credence/config/config_file.h"
#include "credence/zoo/zoo.h"

namespace credence::cli {
namespace {

/// "28x28x64".
std::string by_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += concat(text.empty() ? "" : "x", extent);
  return text;
}

/// The options of a recipe that says nothing but what is chosen: model, data, optimizer, ...
std::map<std::string, std::string> default_options(const Experiment& experiment) {
  ConfigNode recipe;
  recipe.kind = ConfigNode::Kind::mapping;
  const bool in_zoo = std::ranges::count(zoo().names(), experiment.model_name) > 0;
  apply_override(recipe, "model.name=" + (in_zoo ? experiment.model_name : zoo().names().front()));
  for (const OptionInfo& option : experiment.options)
    if (option.key == "data.name" ||
        (option.key.starts_with("train.") && option.key.ends_with(".type")))
      apply_override(recipe, option.key + "=" + option.value);
  std::map<std::string, std::string> defaults;
  try {
    for (const OptionInfo& option : read_experiment(recipe).options)
      defaults[option.key] = option.value;
  } catch (const ConfigError&) {
    // Something chosen has options that must be given: then all are shown.
  }
  return defaults;
}

bool is_essential(const std::string& key) {
  static constexpr std::string_view keys[] = {"model.name",
                                              "model.bayesian.layers",
                                              "model.bayesian.estimator.type",
                                              "data.name",
                                              "train.epochs",
                                              "train.batch_size",
                                              "train.learning_rate",
                                              "train.global_batch_size",
                                              "train.optimizer.type",
                                              "train.schedule.type",
                                              "seed"};
  return std::ranges::count(keys, key) > 0;
}

}  // namespace

std::string layer_table(const Model& model) {
  const std::vector<NodeSummary> rows = model.summary();
  const bool has_details =
      std::ranges::any_of(rows, [](const NodeSummary& row) { return !row.layer.details.empty(); });
  std::vector<Column> columns{{"layer"},  {"type"},    {"parameters", Align::right},
                              {"output"}, {"weights"}, {"padding"},
                              {"stride"}};
  if (has_details) columns.push_back({"details"});  // last: it may be long
  Table table(columns);
  const auto add_row = [&](std::vector<std::string> cells) {
    cells.resize(columns.size());
    table.add_row(std::move(cells));
  };
  add_row({"input", "", "", by_text(model.input_shape())});
  for (const NodeSummary& row : rows)
    add_row({row.name, row.layer.type, row.parameters > 0 ? with_thousands(row.parameters) : "",
             by_text(row.dst), by_text(row.weights), row.layer.padding, row.layer.stride,
             row.layer.details});
  table.add_rule();
  add_row({"total", "", with_thousands(model.parameter_count())});
  return table.text(usual_columns);
}

std::string option_table(const Experiment& experiment) {
  const std::map<std::string, std::string> defaults = default_options(experiment);
  Table table({{"option"}, {"value"}});
  const bool is_bayesian = std::ranges::none_of(experiment.options, [](const OptionInfo& option) {
    return option.key == "model.bayesian.layers" && option.value == "[]";
  });
  long long others = 0;
  for (const auto& [key, type, value] : experiment.options) {
    if (key == "output") continue;  // told as the run directory, and not in config.yaml
    const auto usual = defaults.find(key);
    const bool is_empty = value.empty() || value == "\"\"" || value == "[]" || value == "null";
    const bool is_usual = key == "train.loss.type"  ? value == "auto"
                          : usual == defaults.end() ? is_empty
                                                    : usual->second == value;
    const bool is_elsewhere = key.starts_with("model.layers.") ||  // in the table of layers
                              (key.starts_with("model.bayesian.") && !is_bayesian);
    if (is_elsewhere || (is_usual && (is_empty || !is_essential(key))))
      ++others;
    else
      table.add_row({key, value});
  }
  return table.text() + fmt::format("({} in config.yaml)\n", counted(others, "more option"));
}

std::string resources_text(const Resources& resources) {
  return fmt::format("credence {}  {} x {}\n{}", full_version(),
                     counted(static_cast<long long>(resources.places.size()), "rank"),
                     counted(resources.threads, "thread"), places_text(resources.places));
}

std::string job_header(const Experiment& experiment, const Resources& resources,
                       int ranks_a_network, double learning_rate) {
  const int ranks = ranks_a_network;
  const std::int64_t global_batch = experiment.train.global_batch(ranks);
  const std::int64_t rows = (global_batch + ranks - 1) / ranks;
  const VirtualShards shards = virtual_shards(experiment.distributed.shards(), 0, ranks);
  const std::int64_t at_once =
      MicroBatching(experiment.train.micro_batch, shards).rows_at_once(global_batch, rows);
  std::string micro = at_once < rows ? fmt::format(", in micro-batches of {}", at_once) : "";
  if (shards.are_used()) micro = fmt::format(", {} deterministic shards{}", shards.all, micro);
  const std::string groups = ranks < static_cast<int>(resources.places.size())
                                 ? concat(", of each network on ", counted(ranks, "rank"))
                                 : "";
  return resources_text(resources) +
         fmt::format(
             "batch {} a rank, {} in all{}{}; learning rate {:g} (scaling with ranks: {})\n", rows,
             global_batch, micro, groups, learning_rate,
             enum_name(experiment.train.learning_rate_scaling));
}

Senders senders_of(const DistributedSection& distributed, const Resources& resources,
                   int ranks_a_network, double gradients) {
  std::vector<std::string> hosts;
  for (int rank = 0; rank < ranks_a_network; ++rank)
    hosts.push_back(resources.places[static_cast<std::size_t>(rank)].host);
  const std::optional<NodeLayout> layout =
      distributed.shared_memory && !distributed.sharded_optimizer ? node_layout(hosts)
                                                                  : std::nullopt;
  if (!layout) return {.ranks = ranks_a_network, .gradients = gradients};
  return {.ranks = layout->nodes, .gradients = gradients / layout->ranks_of_node};
}

std::string traffic_text(const Compression* compression, const Senders& senders) {
  if (!compression || senders.ranks == 1) return "";
  const double bytes = compression->bytes(senders.gradients, senders.ranks);
  return fmt::format("gradients travel as {}: {:.3g} MB a rank and step, {:.2f} of float32's\n",
                     compression->description(), bytes / 1e6,
                     bytes / NoCompression().bytes(senders.gradients, senders.ranks));
}

std::string traffic_warning(const Compression* compression, const Senders& senders) {
  if (!compression) return "";
  if (senders.ranks == 1)
    return "distributed.compression has no effect: no gradients travel, for ranks of one node add "
           "them in memory that they share (distributed.shared_memory)";
  if (compression->bytes(senders.gradients, senders.ranks) <
      NoCompression().bytes(senders.gradients, senders.ranks))
    return "";
  return concat("distributed.compression saves nothing: on ", senders.ranks, " ranks ",
                compression->description(),
                " sends no less than float32; bf16 and int8 save as much on any number of them");
}

}  // namespace credence::cli
