#include "credence/scaling/study_files.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "credence/base/version.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no numbers that are not finite.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json json_of(const Bounded& figure) {
  return {
      {"value", number(figure.value)}, {"low", number(figure.low)}, {"high", number(figure.high)}};
}

Json json_of(const StepTimes& times) {
  return {{"compute_s", times.compute},
          {"imbalance_s", times.imbalance},
          {"reduction_s", times.reduction}};
}

Json json_of(const ScalingPoint& point) {
  Json json{{"recipe", point.recipe},
            {"mode", enum_name(point.mode)},
            {"ranks", point.ranks},
            {"global_batch", point.global_batch}};
  if (point.is_measured()) {
    json["threads"] = point.threads;
    json["runs"] = point.runs;
    json["oversubscribed"] = point.is_oversubscribed;
  }
  json["step_s"] = json_of(point.speed.step_s);
  json.update(json_of(point.times));
  json["samples_per_sec"] = json_of(point.speed.samples_per_sec);
  json["speed_up"] = json_of(point.speed.speed_up);
  json["efficiency"] = json_of(point.speed.efficiency);
  return json;
}

Json json_of(const ScalingRun& run) {
  Json json{{"recipe", run.recipe},
            {"ranks", run.ranks},
            {"global_batch", run.global_batch},
            {"repetition", run.repetition},
            {"threads", run.threads},
            {"parameters", run.parameters},
            {"oversubscribed", run.is_oversubscribed},
            {"steps", run.timing.steps},
            {"step_s", run.timing.mean.step()}};
  json.update(json_of(run.timing.mean));
  json["jitter"] = run.timing.jitter;
  return json;
}

Json json_of(const HeldOut& held) {
  return {{"fitted_ranks", held.fitted_ranks},
          {"measured", json_of(held.measured)},
          {"predicted", json_of(held.predicted)}};
}

Json json_of(const FittedRecipe& recipe) {
  return {{"recipe", recipe.recipe},
          {"parameters", recipe.parameters},
          {"fixed_s", json_of(recipe.fixed_s)},
          {"example_s", json_of(recipe.example_s)},
          {"jitter", json_of(recipe.jitter)}};
}

Json json_of(const FittedNetwork& network) {
  return {{"latency_s", json_of(network.latency_s)}, {"byte_s", json_of(network.byte_s)}};
}

template <class Items>
Json list_of(const Items& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(json_of(item));
  return list;
}

/// A field of CSV (RFC 4180).
std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text)
    quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return quoted + "\"";
}

}  // namespace

std::string scaling_csv(const ScalingStudy& study) {
  std::string text =
      "recipe,mode,ranks,kind,threads,global_batch,runs,oversubscribed,step_s,step_low_s,"
      "step_high_s,samples_per_sec,speed_up,speed_up_low,speed_up_high,efficiency,compute_s,"
      "imbalance_s,reduction_s\n";
  const auto add = [&](const ScalingPoint& point) {
    const ScalingSpeed& speed = point.speed;
    text += fmt::format(
        "{},{},{},{},{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},"
        "{:.6g},{:.6g}\n",
        csv_text(point.recipe), enum_name(point.mode), point.ranks,
        point.is_measured() ? "measured" : "predicted",
        point.is_measured() ? std::to_string(point.threads) : "", point.global_batch, point.runs,
        point.is_oversubscribed, speed.step_s.value, speed.step_s.low, speed.step_s.high,
        speed.samples_per_sec.value, speed.speed_up.value, speed.speed_up.low, speed.speed_up.high,
        speed.efficiency.value, point.times.compute, point.times.imbalance, point.times.reduction);
  };
  for (const ScalingPoint& point : study.measured) add(point);
  for (const ScalingPoint& point : study.predicted) add(point);
  return text;
}

std::string scaling_json(const ScalingStudy& study) {
  const Json json{{"version", version()},
                  {"steps", study.plan.steps},
                  {"warm_up", study.plan.warm_up},
                  {"repetitions", study.plan.repetitions},
                  {"measured", list_of(study.measured)},
                  {"predicted", list_of(study.predicted)},
                  {"held_out", list_of(study.held_out)},
                  {"model",
                   {{"recipes", list_of(study.recipes)},
                    {"network", study.network ? json_of(*study.network) : Json()}}},
                  {"runs", list_of(study.runs)},
                  {"notes", study.notes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace credence
