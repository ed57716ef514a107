#include "credence/serve/model_card.h"

#include <nlohmann/json.hpp>

#include "credence/base/version.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

/// own = given * scale + shift, of each element; null if they are given in their own.
Json units_json(const std::vector<Units>& units) {
  if (units.empty()) return nullptr;
  Json scale = Json::array(), shift = Json::array();
  for (const Units& each : units) {
    scale.push_back(each.scale);
    shift.push_back(each.shift);
  }
  return {{"scale", scale}, {"shift", shift}};
}

Json outputs_of(Problem problem) {
  if (problem == Problem::classification)
    return {"predicted_class", "mean", "predictive_entropy", "mutual_information"};
  if (problem == Problem::regression) return {"mean"};
  return {"mean", "sigma", "epistemic_sigma", "lower", "upper"};
}

}  // namespace

std::string model_card(const ServedModel& model, const ApiOptions& options) {
  const TargetInfo info = model.like->target_info();
  Json shape = Json::array({"n"});
  for (const std::int64_t extent : model.like->src_shape()) shape.push_back(extent);
  Json card{{"model", model.name},
            {"data", model.dataset},
            {"problem", enum_name(model.problem)},
            {"parameters", model.parameters},
            {"inputs",
             {{"shape", shape},
              {"names", model.like->src_labels()},
              {"standardised_by", units_json(model.like->src_units())},
              {"bytes_are_read_as", model.like->src_units().empty() ? "value / 255" : "value"}}},
            {"outputs", outputs_of(model.problem)}};
  if (info.classes > 0)
    card["classes"] = info.classes;
  else
    card["targets"] = model.like->target_shape().size();
  card["labels"] = info.labels;
  card["samples"] = model.samples;
  card["max_samples"] = options.max_samples;
  card["max_rows"] = options.max_rows;
  card["max_body_bytes"] = options.max_body_bytes;
  card["version"] = full_version();
  return card.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace credence
