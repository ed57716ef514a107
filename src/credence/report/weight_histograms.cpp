#include "credence/report/weight_histograms.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/json_number.h"
#include "credence/records/histogram.h"

namespace credence {
namespace {

using Json = nlohmann::json;

constexpr std::string_view quantities[] = {"mu", "sigma", "weight"};

WeightHistogram histogram_of(const Json& json) {
  WeightHistogram histogram;
  for (const auto& [key, number] :
       {std::pair("epoch", &histogram.epoch), std::pair("step", &histogram.step)}) {
    const auto found = whole_number<std::int64_t>(json.at(key));
    require<DataError>(found.has_value(), "expected a whole number as ", key);
    *number = *found;
  }
  json.at("layer").get_to(histogram.layer);
  json.at("quantity").get_to(histogram.quantity);
  json.at("edges").get_to(histogram.edges);
  json.at("counts").get_to(histogram.counts);
  require<DataError>(std::ranges::count(quantities, histogram.quantity) > 0,
                     "expected the quantity mu, sigma or weight, got ", histogram.quantity);
  require<DataError>(
      !histogram.counts.empty() && histogram.edges.size() == histogram.counts.size() + 1,
      "expected one edge more than counts, got ", histogram.edges.size(), " and ",
      histogram.counts.size());
  require<DataError>(std::ranges::is_sorted(histogram.edges), "expected ascending edges");
  return histogram;
}

struct Kind {
  const char *prefix, *suffix, *quantity;
};
constexpr Kind kinds[] = {{"", "_mu", "mu"},
                          {"", "_rho", "sigma"},
                          {"posterior.gaussian.mean.", "", "mu"},
                          {"posterior.gaussian.sigma.", "", "sigma"}};

std::int64_t number(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? 0 : std::atoll(found->second.c_str());
}

}  // namespace

std::vector<WeightHistogram> parse_weight_histograms(std::string_view text) {
  std::vector<WeightHistogram> histograms;
  for (std::size_t begin = 0, line = 1; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const Json json = Json::parse(text.substr(begin, end - begin), nullptr, false);
    begin = end + 1;
    if (json.is_discarded() && begin >= text.size()) break;
    try {
      histograms.push_back(histogram_of(json));
    } catch (const Json::exception& error) {
      throw DataError(concat("line ", line, ": expected a histogram, got ", error.what()));
    } catch (const DataError& error) {
      throw DataError(concat("line ", line, ": ", error.what()));
    }
  }
  return histograms;
}

std::vector<WeightHistogram> weight_histograms(const SafetensorsFile& checkpoint, int most_bins) {
  std::vector<WeightHistogram> histograms;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (name.starts_with("optimizer.") || tensor.dtype() != DType::float32) continue;
    for (const Kind& kind : kinds) {
      const std::string prefix = kind.prefix, suffix = kind.suffix;
      if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
      if (prefix.empty() && name.starts_with("posterior.")) continue;
      const std::span<const float> values = tensor.span<float>();
      const Histogram histogram =
          histogram_of(values, rice_bins(static_cast<std::int64_t>(values.size()), most_bins),
                       suffix == "_rho" ? Transform::softplus : Transform::none);
      if (histogram.count() == 0) continue;
      histograms.push_back(
          {.epoch = number(checkpoint.metadata, "epoch"),
           .step = number(checkpoint.metadata, "step"),
           .layer = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()),
           .quantity = kind.quantity,
           .edges = histogram.edges,
           .counts = {histogram.counts.begin(), histogram.counts.end()}});
    }
  }
  return histograms;
}

std::vector<WeightHistogram> thinned(const std::vector<WeightHistogram>& histograms,
                                     std::size_t most) {
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < histograms.size(); ++i)
    places[{histograms[i].layer, histograms[i].quantity}].push_back(i);
  std::vector<bool> stays(histograms.size());
  for (const auto& [name, all] : places) {
    const std::size_t kept = std::min(all.size(), most);
    for (std::size_t i = 0; i < kept; ++i)
      stays[all[kept == 1 ? all.size() - 1 : i * (all.size() - 1) / (kept - 1)]] = true;
  }
  std::vector<WeightHistogram> thin;
  for (std::size_t i = 0; i < histograms.size(); ++i)
    if (stays[i]) thin.push_back(histograms[i]);
  return thin;
}

}  // namespace credence
