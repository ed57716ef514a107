#include "credence/report/learning_curves.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/json_number.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 2> member_names{"member", "chain"};

bool is_place(const std::string& key) {
  return key == "epoch" || key == "step" || std::ranges::count(member_names, key) > 0;
}

/// The number under a key; 0 if there is none.
double number(const Json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_number() ? found->get<double>() : 0;
}

std::int64_t member_of(const Json& event) {
  for (const char* const name : member_names)
    if (event.contains(name)) return whole_number<std::int64_t>(event[name]).value_or(0);
  return 0;
}

Curve& curve_of(std::vector<Curve>& curves, const std::string& name, std::int64_t member) {
  const auto found = std::ranges::find_if(
      curves, [&](const Curve& curve) { return curve.name == name && curve.member == member; });
  if (found != curves.end()) return *found;
  curves.push_back({.name = name, .member = member});
  return curves.back();
}

void add_figures(std::vector<Curve>& curves, const Json& event, std::int64_t member, double epoch) {
  for (const auto& [key, value] : event.items()) {
    if (is_place(key) || !value.is_number()) continue;
    Curve& curve = curve_of(curves, key, member);
    curve.epochs.push_back(epoch);
    curve.values.push_back(value.get<double>());
  }
}

double steps_an_epoch(const std::vector<Json>& events) {
  for (const Json& event : events)
    if (event["event"] == "epoch" && number(event, "epoch") > 0)
      return number(event, "step") / number(event, "epoch");
  return 0;
}

std::vector<Json> parse_events(std::string_view text) {
  std::vector<Json> events;
  for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    Json event = Json::parse(text.substr(begin, end - begin), nullptr, false);
    const bool is_event = event.is_object() && event.contains("event");
    if (!is_event && end + 1 >= text.size()) break;
    require<DataError>(is_event, "line ", number,
                       ": expected a JSON object with an \"event\", got ",
                       text.substr(begin, std::min<std::size_t>(end - begin, 60)));
    events.push_back(std::move(event));
    begin = end + 1;
  }
  return events;
}

/// Chains are trained one by one, then sampled, a chain an epoch: what that tells of the same
/// figures is not their training.
void drop_sampling(LearningCurves& curves) {
  const auto is_sampled = [&](const Curve& curve) {
    return curve.member == 0 && std::ranges::any_of(curves.by_epoch, [&](const Curve& other) {
             return other.member > 0 && other.name == curve.name;
           });
  };
  std::vector<Curve> kept;
  std::ranges::remove_copy_if(curves.by_epoch, std::back_inserter(kept), is_sampled);
  if (kept.size() == curves.by_epoch.size()) return;
  curves.by_epoch = std::move(kept);
  curves.by_step.clear();
}

}  // namespace

std::vector<const Curve*> LearningCurves::named(const std::string& name) const {
  std::vector<const Curve*> found;
  for (const Curve& curve : by_epoch)
    if (curve.name == name) found.push_back(&curve);
  return found;
}

LearningCurves parse_learning_curves(std::string_view text) {
  const std::vector<Json> events = parse_events(text);
  const double steps = steps_an_epoch(events);
  LearningCurves curves;
  // Steps do not name the member that takes them: it is another when they begin anew.
  std::int64_t member = 0;
  double last_step = 0;
  for (const Json& event : events) {
    if (event["event"] == "epoch") {
      add_figures(curves.by_epoch, event, member_of(event), number(event, "epoch"));
    } else if (event["event"] == "step") {
      const double step = number(event, "step");
      if (step <= last_step) member = std::max<std::int64_t>(member, 1) + 1;
      last_step = step;
      add_figures(curves.by_step, event, member, steps > 0 ? step / steps : step);
    }
  }
  if (member > 0)
    for (Curve& curve : curves.by_step) curve.member = std::max<std::int64_t>(curve.member, 1);
  drop_sampling(curves);
  return curves;
}

Curve thinned(const Curve& curve, std::size_t most) {
  const std::size_t size = curve.values.size();
  if (size <= most || most < 2) return curve;
  Curve thin{.name = curve.name, .member = curve.member};
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t from = i * (size - 1) / (most - 1);
    thin.epochs.push_back(curve.epochs[from]);
    thin.values.push_back(curve.values[from]);
  }
  return thin;
}

}  // namespace credence
