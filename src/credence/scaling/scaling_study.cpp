#include "credence/scaling/scaling_study.h"

#include <algorithm>

#include <fmt/format.h>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {
namespace {

/// The speed that others are compared with: of the fewest ranks.
struct Base {
  double ranks = 1, samples_per_sec = 1;
};

ScalingSpeed speed_of(const Bounded& step_s, const StepSize& size, const Base& base) {
  const auto scaled = [](const Bounded& of, double by) {
    return Bounded{of.low * by, of.value * by, of.high * by};
  };
  const auto batch = static_cast<double>(size.global_batch);
  ScalingSpeed speed{.step_s = step_s};
  speed.samples_per_sec = {batch / step_s.high, batch / step_s.value, batch / step_s.low};
  speed.speed_up = scaled(speed.samples_per_sec, base.ranks / base.samples_per_sec);
  speed.efficiency = scaled(speed.speed_up, 1 / static_cast<double>(size.ranks));
  return speed;
}

/// Makes the points of one recipe in one mode.
class Series {
 public:
  Series(const ScaledRecipe& recipe, ScalingMode mode, const ScalingRuns& runs)
      : recipe_(recipe), mode_(mode), runs_(runs) {}

  StepSize size_of(std::int64_t ranks) const {
    StepSize size{.ranks = ranks, .global_batch = global_batch(mode_, recipe_.batch, ranks)};
    for (const ScalingRun& run : runs_)
      if (run.recipe == recipe_.name) size.bytes = run.size().bytes;
    return size;
  }

  /// Nothing if there is no such run.
  std::optional<ScalingPoint> measure(std::int64_t ranks) {
    const StepSize size = size_of(ranks);
    std::vector<const ScalingRun*> runs;
    for (const ScalingRun& run : runs_)
      if (run.is_of(recipe_.name, size)) runs.push_back(&run);
    if (runs.empty()) return {};
    const auto step_s = [](const ScalingRun* run) { return run->timing.mean.step(); };
    std::ranges::sort(runs, {}, step_s);
    const ScalingRun& median = *runs[(runs.size() - 1) / 2];
    ScalingPoint point = point_of(size);
    point.threads = median.threads;
    point.runs = static_cast<int>(runs.size());
    point.is_oversubscribed = std::ranges::any_of(runs, &ScalingRun::is_oversubscribed);
    point.times = median.timing.mean;
    const Bounded step{step_s(runs.front()), step_s(&median), step_s(runs.back())};
    if (!base_)
      base_ = Base{.ranks = static_cast<double>(ranks),
                   .samples_per_sec = static_cast<double>(size.global_batch) / step.value};
    point.speed = speed_of(step, size, *base_);
    return point;
  }

  /// After the fewest ranks were measured.
  ScalingPoint predict(std::int64_t ranks, const ScalingFit& fit) const {
    const StepSize size = size_of(ranks);
    std::vector<double> steps, compute, imbalance, reduction;
    for (const StepTimes& times : fit.predict(recipe_.name, size)) {
      steps.push_back(times.step());
      compute.push_back(times.compute);
      imbalance.push_back(times.imbalance);
      reduction.push_back(times.reduction);
    }
    ScalingPoint point = point_of(size);
    point.times = {.compute = bounds_of(compute).value,
                   .imbalance = bounds_of(imbalance).value,
                   .reduction = bounds_of(reduction).value};
    point.speed = speed_of(bounds_of(steps), size, base_.value());
    return point;
  }

 private:
  ScalingPoint point_of(const StepSize& size) const {
    return {.recipe = recipe_.name,
            .mode = mode_,
            .ranks = size.ranks,
            .global_batch = size.global_batch};
  }

  const ScaledRecipe& recipe_;
  ScalingMode mode_;
  const ScalingRuns& runs_;
  std::optional<Base> base_;
};

/// The largest count that did not share CPUs, from all runs on fewer ranks.
std::optional<HeldOut> hold_out(const std::vector<ScalingPoint>& measured, const Series& series,
                                const ScalingRuns& runs) {
  const ScalingPoint* largest = nullptr;
  for (const ScalingPoint& point : measured)
    if (!point.is_oversubscribed) largest = &point;
  if (largest == nullptr) return {};
  ScalingRuns smaller;
  std::int64_t most = 0;
  for (const ScalingRun& run : runs) {
    if (run.ranks >= largest->ranks || run.is_oversubscribed) continue;
    smaller.push_back(run);
    if (run.recipe == largest->recipe) most = std::max(most, run.ranks);
  }
  const ScalingFit fit(smaller);
  if (most < 2 || !fit.can_predict(largest->recipe)) return {};
  return HeldOut{
      .measured = *largest, .predicted = series.predict(largest->ranks, fit), .fitted_ranks = most};
}

template <class Draws, class Member>
Bounded constant(const Draws& models, Member member) {
  std::vector<double> values;
  for (const StepModel& model : models) values.push_back(model.*member);
  return bounds_of(values);
}

void add_constants(const ScalingFit& fit, const std::string& recipe, ScalingStudy& study) {
  const auto run = std::ranges::find_if(study.runs, [&](const ScalingRun& each) {
    return each.recipe == recipe && !each.is_oversubscribed;
  });
  if (run == study.runs.end()) return;
  const std::vector<StepModel> models = fit.models(recipe);
  study.recipes.push_back({.recipe = recipe,
                           .parameters = run->parameters,
                           .fixed_s = constant(models, &StepModel::fixed_s),
                           .example_s = constant(models, &StepModel::example_s),
                           .jitter = constant(models, &StepModel::jitter)});
  if (fit.knows_network())
    study.network = FittedNetwork{.latency_s = constant(models, &StepModel::latency_s),
                                  .byte_s = constant(models, &StepModel::byte_s)};
}

bool is_unsteady(const ScalingPoint& point) {
  constexpr double most = 1.25;
  return !point.is_oversubscribed && point.speed.step_s.high > most * point.speed.step_s.low;
}

void add_notes(const ScalingFit& fit, ScalingStudy& study) {
  if (std::ranges::any_of(study.measured, &ScalingPoint::is_oversubscribed))
    study.notes.emplace_back(
        "* threads had to share CPUs: these counts say nothing of a larger machine, and the model "
        "is not fitted to them");
  if (std::ranges::any_of(study.measured, is_unsteady))
    study.notes.emplace_back(
        "runs of one kind differ by more than a quarter: something else uses the CPUs or the "
        "network");
  if (study.plan.predicted.empty()) return;
  if (!fit.knows_network())
    study.notes.emplace_back(
        "no prediction: it takes a run on two ranks or more that did not share CPUs");
  for (const ScaledRecipe& recipe : study.plan.recipes)
    for (const ScalingMode mode : study.plan.modes)
      if (mode == ScalingMode::strong && study.plan.predicted.back() > recipe.batch)
        study.notes.push_back(
            fmt::format("{}: no strong scaling beyond {}, the examples of its global batch",
                        recipe.name, counted(recipe.batch, "rank")));
}

}  // namespace

std::string PlannedRun::name() const {
  return fmt::format("{}-r{}-b{}-{}", recipe, ranks, global_batch, repetition);
}

std::vector<PlannedRun> planned_runs(const ScalingPlan& plan) {
  std::vector<PlannedRun> runs;
  for (int repetition = 1; repetition <= plan.repetitions; ++repetition)
    for (const std::int64_t ranks : plan.ranks)
      for (const ScaledRecipe& recipe : plan.recipes)
        for (const ScalingMode mode : plan.modes) {
          const PlannedRun run{.recipe = recipe.name,
                               .ranks = ranks,
                               .global_batch = global_batch(mode, recipe.batch, ranks),
                               .repetition = repetition};
          if (std::ranges::find(runs, run.name(), &PlannedRun::name) == runs.end())
            runs.push_back(run);
        }
  return runs;
}

ScalingStudy make_study(const ScalingPlan& plan, const ScalingRuns& runs) {
  ScalingStudy study{.plan = plan, .runs = runs};
  const ScalingFit fit(runs);
  for (const ScaledRecipe& recipe : plan.recipes) {
    for (const ScalingMode mode : plan.modes) {
      Series series(recipe, mode, study.runs);
      std::vector<ScalingPoint> measured;
      for (const std::int64_t ranks : plan.ranks)
        if (const auto point = series.measure(ranks)) measured.push_back(*point);
      if (measured.empty()) continue;
      if (auto held = hold_out(measured, series, runs)) study.held_out.push_back(*held);
      std::ranges::copy(measured, std::back_inserter(study.measured));
      for (const std::int64_t ranks : plan.predicted) {
        const bool has_rows = ranks <= series.size_of(ranks).global_batch;
        if (has_rows && fit.can_predict(recipe.name))
          study.predicted.push_back(series.predict(ranks, fit));
      }
    }
    add_constants(fit, recipe.name, study);
  }
  add_notes(fit, study);
  return study;
}

std::vector<ScalingPoint> points_of(const std::vector<ScalingPoint>& points,
                                    const std::string& recipe, ScalingMode mode) {
  std::vector<ScalingPoint> found;
  std::ranges::copy_if(points, std::back_inserter(found), [&](const ScalingPoint& point) {
    return point.recipe == recipe && point.mode == mode;
  });
  return found;
}

}  // namespace credence
