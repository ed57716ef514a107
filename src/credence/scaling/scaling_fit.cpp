#include "credence/scaling/scaling_fit.h"

#include <algorithm>
#include <set>

#include "credence/base/errors.h"
#include "credence/distributions/sample_quantile.h"
#include "credence/scaling/expected_maximum.h"

namespace credence {
namespace {

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  return sample_quantile(values, 0.5);
}

/// The mean of a figure over the repetitions of a run.
template <class Figure>
double mean_over_repetitions(const ScalingRun& run, const ScalingRuns& runs, Figure&& figure) {
  double sum = 0, count = 0;
  for (const ScalingRun& other : runs) {
    if (!other.is_of(run.recipe, run.size())) continue;
    sum += figure(other.timing);
    ++count;
  }
  return sum / count;
}

/// How far a run's figure is known to be off, relatively, from the spread of its steps: what its
/// error is taken for before runs are compared.
double prior_sigma(const std::vector<double>& relative_errors, double least) {
  return std::max(least, median_of(relative_errors));
}

double mean_of(const std::vector<RegressionDraw>& draws, std::size_t coefficient) {
  double sum = 0;
  for (const RegressionDraw& draw : draws) sum += draw.coefficients[coefficient];
  return sum / static_cast<double>(draws.size());
}

/// A figure of another run of the same kind; none is negative.
double with_noise(double value, const RegressionDraw& of, RandomDraws& random) {
  return std::max(0.0, value * (1 + of.sigma * random.normal()));
}

}  // namespace

Bounded bounds_of(std::vector<double> draws) {
  std::ranges::sort(draws);
  return {.low = sample_quantile(draws, 0.05),
          .value = sample_quantile(draws, 0.5),
          .high = sample_quantile(draws, 0.95)};
}

ScalingFit::ScalingFit(const ScalingRuns& runs, std::uint64_t seed) : seed_(seed) {
  ScalingRuns fit;
  std::ranges::copy_if(runs, std::back_inserter(fit),
                       [](const ScalingRun& run) { return !run.is_oversubscribed; });
  fit_network(fit);
  std::set<std::string> names;
  for (const ScalingRun& run : fit) names.insert(run.recipe);
  for (const std::string& name : names) fit_recipe(name, fit);
}

void ScalingFit::fit_network(const ScalingRuns& runs) {
  std::vector<Observation> observations;
  std::vector<double> errors;
  for (const ScalingRun& run : runs) {
    if (run.ranks < 2) continue;
    const StepTimes& times = run.timing.mean;
    const double mean = mean_over_repetitions(
        run, runs, [](const StepTiming& timing) { return timing.mean.reduction; });
    const double scale = std::max(mean, 1e-3 * times.step());
    const StepTerms terms(run.size());
    observations.push_back(
        {.terms = {terms.doublings, terms.bytes}, .value = times.reduction, .scale = scale});
    errors.push_back(run.timing.error.reduction / scale);
  }
  if (observations.empty()) return;
  RandomDraws random(seed_, "reduction");
  network_ =
      nonnegative_regression(observations, {.prior_sigma = prior_sigma(errors, 0.02)}, random);
}

void ScalingFit::fit_recipe(const std::string& recipe, const ScalingRuns& runs) {
  std::vector<Observation> observations;
  std::vector<double> errors;
  for (const ScalingRun& run : runs) {
    if (run.recipe != recipe) continue;
    observations.push_back({.terms = {1, run.size().rows()},
                            .value = run.timing.mean.compute,
                            .scale = mean_over_repetitions(run, runs, [](const StepTiming& timing) {
                              return timing.mean.compute;
                            })});
    errors.push_back(run.timing.error.compute / run.timing.mean.compute);
  }
  RandomDraws random(seed_, "compute of " + recipe);
  OfRecipe& of = recipes_[recipe];
  of.compute =
      nonnegative_regression(observations, {.prior_sigma = prior_sigma(errors, 0.005)}, random);
  of.jitter = fit_jitter(recipe, runs, mean_of(of.compute, 1));
}

std::vector<RegressionDraw> ScalingFit::fit_jitter(const std::string& recipe,
                                                   const ScalingRuns& runs, double example_s) {
  const bool has_several = std::ranges::any_of(
      runs, [&](const ScalingRun& run) { return run.recipe == recipe && run.ranks > 1; });
  constexpr double least = 1e-6;
  std::vector<double> values, errors;
  for (const ScalingRun& run : runs) {
    if (run.recipe != recipe || (has_several && run.ranks == 1)) continue;
    const StepTimes& times = run.timing.mean;
    const double by_chance = times.imbalance - example_s * run.size().rows_more();
    const double of_one = times.compute * expected_maximum(run.ranks);
    values.push_back(has_several ? std::max(0.0, by_chance) / of_one : run.timing.jitter);
    if (has_several) errors.push_back(run.timing.error.imbalance / of_one);
  }
  double mean = least;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (double& error : errors) error /= mean;
  std::vector<Observation> observations;
  for (const double value : values)
    observations.push_back({.terms = {1}, .value = value, .scale = mean});
  RandomDraws random(seed_, "jitter of " + recipe);
  constexpr double of_steps_of_one = 0.1;  // which differ for other reasons too
  const double prior = has_several ? prior_sigma(errors, 0.02) : of_steps_of_one;
  return nonnegative_regression(observations, {.prior_sigma = prior}, random);
}

bool ScalingFit::can_predict(const std::string& recipe) const {
  return knows_network() && recipes_.contains(recipe);
}

StepModel ScalingFit::model_of(const OfRecipe& of, std::size_t draw) const {
  StepModel model{.fixed_s = of.compute[draw].coefficients[0],
                  .example_s = of.compute[draw].coefficients[1],
                  .jitter = of.jitter[draw].coefficients[0]};
  if (!knows_network()) return model;
  model.latency_s = network_[draw].coefficients[0];
  model.byte_s = network_[draw].coefficients[1];
  return model;
}

std::vector<StepModel> ScalingFit::models(const std::string& recipe) const {
  const OfRecipe& of = recipes_.at(recipe);
  std::vector<StepModel> models;
  for (std::size_t draw = 0; draw < of.compute.size(); ++draw) models.push_back(model_of(of, draw));
  return models;
}

std::vector<StepTimes> ScalingFit::predict(const std::string& recipe, const StepSize& size) const {
  require<InternalError>(can_predict(recipe), "scaling: ", recipe, " cannot be predicted");
  const OfRecipe& of = recipes_.at(recipe);
  const StepTerms terms(size);
  RandomDraws random(seed_, concat("run of ", recipe, " on ", size.ranks));
  std::vector<StepTimes> draws;
  for (std::size_t draw = 0; draw < of.compute.size(); ++draw) {
    const StepTimes times = model_of(of, draw).times(terms);
    draws.push_back({.compute = with_noise(times.compute, of.compute[draw], random),
                     .imbalance = with_noise(times.imbalance, of.jitter[draw], random),
                     .reduction = with_noise(times.reduction, network_[draw], random)});
  }
  return draws;
}

}  // namespace credence
