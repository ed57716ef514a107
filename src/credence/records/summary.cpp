#include "credence/records/summary.h"

#include <limits>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/json_number.h"
#include "credence/base/version.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

/// The keys of summary.json in their order, but for the objects at its end.
template <class AnySummary, class Visitor>
void visit_keys(AnySummary& s, Visitor&& visit) {
  visit("version", s.version);
  visit("model", s.model);
  visit("dataset", s.dataset);
  visit("seed", s.seed);
  visit("ranks", s.ranks);
  visit("threads_per_rank", s.threads_per_rank);
  visit("device", s.device);
  visit("parameters", s.parameters);
  visit("epochs", s.epochs);
  visit("steps", s.steps);
  visit("train_seconds", s.train_seconds);
  visit("samples_per_sec", s.samples_per_sec);
  visit("peak_rss_bytes", s.peak_rss_bytes);
  visit("weights_sha256", s.weights_sha256);
}

double number_or_nan(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

template <class T>
T required_number(const char* key, const Json& value) {
  const std::optional<T> number = whole_number<T>(value);
  require<DataError>(number.has_value(), "key \"", key,
                     "\": expected a whole number in range, got ",
                     value.dump(-1, ' ', true, Json::error_handler_t::replace));
  return *number;
}

Summary summary_of(const Json& json) {
  Summary summary;
  const auto read = [&](const std::string& key, auto&& get) {
    try {
      get(json.at(key));
    } catch (const Json::exception& error) {
      throw DataError(concat("key \"", key, "\": ", error.what()));
    }
  };
  visit_keys(summary, [&](const char* key, auto& member) {
    read(key, [&](const Json& value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(member)>, double>)
        member = number_or_nan(value);
      else if constexpr (std::is_integral_v<std::decay_t<decltype(member)>>)
        member = required_number<std::decay_t<decltype(member)>>(key, value);
      else
        value.get_to(member);
    });
  });
  const auto read_figures = [&](const char* key, Summary::Figures& figures) {
    read(key, [&](const Json& values) {
      require<DataError>(values.is_object(), "key \"", key, "\": expected an object, got ",
                         values.type_name());
      for (const auto& [name, value] : values.items())
        figures.emplace_back(name, number_or_nan(value));
    });
  };
  if (json.contains("communication")) read_figures("communication", summary.communication);
  if (json.contains("inference")) read_figures("inference", summary.inference);
  read_figures("test", summary.test);
  return summary;
}

}  // namespace

Summary::Summary() : version(credence::version()) {}

void write_summary(const std::filesystem::path& path, const Summary& summary) {
  Json json = Json::object();
  visit_keys(summary, [&](const char* key, const auto& member) { json[key] = member; });
  const auto write_figures = [&](const char* key, const Summary::Figures& figures) {
    json[key] = Json::object();
    for (const auto& [name, value] : figures) json[key][name] = value;
  };
  if (!summary.communication.empty()) write_figures("communication", summary.communication);
  if (!summary.inference.empty()) write_figures("inference", summary.inference);
  write_figures("test", summary.test);
  write_file(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Summary read_summary(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  try {
    return summary_of(Json::parse(text));
  } catch (const Json::exception& error) {
    throw DataError(concat(path.string(), ": expected a JSON object, got ", error.what()));
  } catch (const DataError& error) {
    throw DataError(concat(path.string(), ": ", error.what()));
  }
}

}  // namespace credence
