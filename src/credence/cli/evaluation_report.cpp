#include "credence/cli/evaluation_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "credence/base/table.h"

namespace credence::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::vector<NamedValue>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = value;
  return object;
}

std::string number(double value) {
  return fmt::format("{:.5f}", value);
}

std::string metrics_table(const Evaluation& evaluation) {
  const bool bounded = !evaluation.intervals.empty();
  std::vector<Column> columns{{"metric"}, {"test", Align::right}};
  if (bounded) columns.insert(columns.end(), {{"2.5%", Align::right}, {"97.5%", Align::right}});
  Table table(columns);
  for (std::size_t i = 0; i < evaluation.values.size(); ++i) {
    std::vector<std::string> cells{evaluation.values[i].first, number(evaluation.values[i].second)};
    if (i < evaluation.intervals.size()) {
      cells.push_back(number(evaluation.intervals[i].lower));
      cells.push_back(number(evaluation.intervals[i].upper));
    }
    cells.resize(columns.size());
    table.add_row(std::move(cells));
  }
  return table.text();
}

/// A row for each set that has such figures, and a column for each of them.
std::string sets_table(const std::vector<UnfamiliarResult>& sets, const std::string& title,
                       std::vector<NamedValue> UnfamiliarResult::*figures) {
  std::vector<Column> columns{{title}};
  for (const char* const name : uncertainty_names) columns.push_back({name, Align::right});
  Table table(columns);
  for (const UnfamiliarResult& set : sets) {
    if ((set.*figures).empty()) continue;
    std::vector<std::string> cells{set.name};
    for (const auto& figure : set.*figures) cells.push_back(number(figure.second));
    table.add_row(std::move(cells));
  }
  return table.text();
}

}  // namespace

std::string evaluation_json(const Evaluation& evaluation) {
  Json json = json_of(evaluation.values);
  for (std::size_t i = 0; i < evaluation.intervals.size(); ++i) {
    const Interval& interval = evaluation.intervals[i];
    json["intervals"][evaluation.values[i].first] = {interval.lower, interval.upper};
  }
  for (const UnfamiliarResult& set : evaluation.unfamiliar) {
    Json& object = json["ood"][set.name];
    object["mean"] = json_of(set.means);
    if (!set.auroc.empty()) object["auroc"] = json_of(set.auroc);
  }
  return json.dump() + '\n';
}

std::string evaluation_text(const Evaluation& evaluation) {
  std::string text = metrics_table(evaluation);
  if (evaluation.unfamiliar.empty()) return text;
  text += '\n' + sets_table(evaluation.unfamiliar, "mean", &UnfamiliarResult::means);
  text += '\n' + sets_table(evaluation.unfamiliar, "auroc", &UnfamiliarResult::auroc);
  return text;
}

}  // namespace credence::cli
