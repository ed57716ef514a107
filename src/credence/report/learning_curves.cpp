#include "credence/report/learning_curves.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "credence/base/errors.h"
#include "credence/records/metrics_record.h"

namespace credence {
namespace {

Curve& curve_of(std::vector<Curve>& curves, const std::string& name, std::int64_t member) {
  const auto found = std::ranges::find_if(
      curves, [&](const Curve& curve) { return curve.name == name && curve.member == member; });
  if (found != curves.end()) return *found;
  curves.push_back({.name = name, .member = member});
  return curves.back();
}

void add_figures(std::vector<Curve>& curves, const MetricsRecord& record, std::int64_t member,
                 double epoch) {
  for (const auto& [key, value] : record.numbers) {
    if (is_place(key)) continue;
    Curve& curve = curve_of(curves, key, member);
    curve.epochs.push_back(epoch);
    curve.values.push_back(value);
  }
}

double steps_an_epoch(const std::vector<MetricsRecord>& records) {
  for (const MetricsRecord& record : records)
    if (record.event == "epoch" && record.number("epoch") > 0)
      return record.number("step") / record.number("epoch");
  return 0;
}

std::vector<MetricsRecord> parse_records(std::string_view text) {
  std::vector<MetricsRecord> records;
  for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::optional<MetricsRecord> record = parse_metrics_record(text.substr(begin, end - begin));
    if (!record && end + 1 >= text.size()) break;
    require<DataError>(record.has_value(), "line ", number,
                       ": expected a JSON object with an \"event\", got ",
                       text.substr(begin, std::min<std::size_t>(end - begin, 60)));
    records.push_back(*std::move(record));
    begin = end + 1;
  }
  return records;
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
  const std::vector<MetricsRecord> records = parse_records(text);
  const double steps = steps_an_epoch(records);
  LearningCurves curves;
  // A chain's steps do not name it: it is another when they begin anew.
  std::int64_t member = 0;
  double last_step = 0;
  for (const MetricsRecord& record : records) {
    if (record.event == "epoch") {
      add_figures(curves.by_epoch, record, record.member(), record.number("epoch"));
    } else if (record.event == "step") {
      const double step = record.number("step");
      if (record.member() > 0)
        member = record.member();
      else if (step <= last_step)
        member = std::max<std::int64_t>(member, 1) + 1;
      last_step = step;
      add_figures(curves.by_step, record, member, steps > 0 ? step / steps : step);
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
