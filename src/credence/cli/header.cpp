#include "credence/cli/header.h"

#include <fmt/format.h>

#include "credence/base/text.h"
#include "credence/base/version.h"
#include "credence/report/table.h"

namespace credence::cli {

std::string layer_table(const Model& model) {
  Table table({{"layer"},
               {"type"},
               {"details"},
               {"parameters", Align::right},
               {"output"},
               {"weights"},
               {"padding"},
               {"stride"}});
  table.add_row({"input", "", "", "", model.input_shape().text(), "", "", ""});
  for (const NodeSummary& row : model.summary())
    table.add_row({row.name, row.layer.type, row.layer.details,
                   row.parameters > 0 ? with_thousands(row.parameters) : "", row.dst.text(),
                   row.weights.rank() > 0 ? row.weights.text() : "", row.layer.padding,
                   row.layer.stride});
  table.add_rule();
  table.add_row({"total", "", "", with_thousands(model.parameter_count()), "", "", "", ""});
  return table.text();
}

std::string option_table(const Experiment& experiment) {
  Table table({{"option"}, {"value"}});
  for (const OptionInfo& option : experiment.options) table.add_row({option.key, option.value});
  return table.text();
}

std::string resources_text(const Resources& resources) {
  return fmt::format("credence {}  {} x {}\n{}", full_version(),
                     counted(static_cast<long long>(resources.places.size()), "rank"),
                     counted(resources.threads, "thread"), places_text(resources.places));
}

std::string job_header(const Experiment& experiment, const Resources& resources,
                       double learning_rate) {
  const auto ranks = static_cast<int>(resources.places.size());
  const std::int64_t global_batch = experiment.train.global_batch(ranks);
  const std::int64_t rows = (global_batch + ranks - 1) / ranks;
  const std::int64_t at_once = rows_at_once(rows, experiment.train.micro_batch);
  const std::string micro = at_once < rows ? fmt::format(", in micro-batches of {}", at_once) : "";
  return resources_text(resources) +
         fmt::format(
             "batch size {} a rank, {} in all{}; learning rate {:g} (scaling with ranks: {})\n",
             rows, global_batch, micro, learning_rate,
             enum_name(experiment.train.learning_rate_scaling));
}

}  // namespace credence::cli
