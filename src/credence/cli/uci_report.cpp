#include "credence/cli/uci_report.h"

#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "credence/base/table.h"
#include "credence/base/version.h"

namespace credence::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Mean {
  double value = 0;
  std::optional<double> standard_error;  ///< of two figures or more
};

Mean mean_of(const UciResult& result, double UciRun::*figure) {
  const auto n = static_cast<double>(result.runs.size());
  Mean mean;
  for (const UciRun& run : result.runs) mean.value += run.*figure / n;
  if (result.runs.size() < 2) return mean;
  double squares = 0;
  for (const UciRun& run : result.runs) squares += std::pow(run.*figure - mean.value, 2);
  mean.standard_error = std::sqrt(squares / (n - 1) / n);
  return mean;
}

/// JSON has no numbers that are not finite.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json json_of(const Mean& mean) {
  return {{"mean", number(mean.value)},
          {"standard_error", mean.standard_error ? number(*mean.standard_error) : Json()}};
}

Json json_of(const UciResult& result) {
  const UciMethod& method = uci_methods().find(result.method);
  Json runs = Json::array();
  for (std::size_t split = 0; split < result.runs.size(); ++split) {
    const UciRun& run = result.runs[split];
    const UciTask task{.folder = result.folder,
                       .split = static_cast<std::int64_t>(split),
                       .overrides = result.overrides};
    Json entry{{"split", split}, {"rmse", number(run.rmse)}, {"ll", number(run.ll)}};
    if (method.candidates.size() > 1) entry["validation_ll"] = number(run.validation_ll);
    entry["seconds"] = run.seconds;
    entry["overrides"] = uci_overrides(method, run.candidate, task);
    runs.push_back(entry);
  }
  return {{"set", result.set()},
          {"method", result.method},
          {"rmse", json_of(mean_of(result, &UciRun::rmse))},
          {"ll", json_of(mean_of(result, &UciRun::ll))},
          {"splits", runs}};
}

}  // namespace

std::string mean_text(const UciResult& result, double UciRun::*figure) {
  const Mean mean = mean_of(result, figure);
  if (!mean.standard_error) return fmt::format("{:.3f}", mean.value);
  return fmt::format("{:.3f} +- {:.3f}", mean.value, *mean.standard_error);
}

std::string uci_table(const std::vector<UciResult>& results) {
  Table table({{"set"},
               {"method"},
               {"splits", Align::right},
               {"test rmse", Align::right},
               {"test ll", Align::right}});
  const UciResult* last = nullptr;
  for (const UciResult& result : results) {
    if (last && last->folder != result.folder) table.add_rule();
    table.add_row({result.set(), result.method, std::to_string(result.runs.size()),
                   mean_text(result, &UciRun::rmse), mean_text(result, &UciRun::ll)});
    last = &result;
  }
  return table.text(usual_columns);
}

std::string uci_json(const std::vector<UciResult>& results) {
  Json all = Json::array();
  for (const UciResult& result : results) all.push_back(json_of(result));
  const Json json{{"version", version()}, {"benchmark", "uci"}, {"results", all}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace credence::cli
