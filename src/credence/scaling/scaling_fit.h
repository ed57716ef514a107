#pragma once

#include <map>

#include "credence/scaling/regression.h"
#include "credence/scaling/scaling_run.h"

namespace credence {

/// A figure, and between what it lies with 90 % probability: quantiles 5, 50 and 95 % of draws.
struct Bounded {
  double low = 0, value = 0, high = 0;
};
Bounded bounds_of(std::vector<double> draws);

/// The step's model, fitted to the runs of a study: a posterior over its constants. Those of the
/// network are of all recipes, the others of each. Runs whose ranks shared CPUs are left out.
class ScalingFit {
 public:
  explicit ScalingFit(const ScalingRuns& runs, std::uint64_t seed = 1);

  /// Whether there is what it takes to predict a recipe: a run on two ranks or more of some recipe,
  /// and runs of that one.
  bool can_predict(const std::string& recipe) const;
  /// Draws of the step of a run that is yet to be made: as the model has it, and with a run's
  /// noise.
  std::vector<StepTimes> predict(const std::string& recipe, const StepSize& size) const;

  /// Draws of the model's constants. Those of the network are 0 if no run has several ranks.
  std::vector<StepModel> models(const std::string& recipe) const;
  bool knows_network() const { return !network_.empty(); }

 private:
  struct OfRecipe {
    std::vector<RegressionDraw> compute, jitter;
  };

  void fit_network(const ScalingRuns& runs);
  void fit_recipe(const std::string& recipe, const ScalingRuns& runs);
  std::vector<RegressionDraw> fit_jitter(const std::string& recipe, const ScalingRuns& runs,
                                         double example_s);
  StepModel model_of(const OfRecipe& of, std::size_t draw) const;

  std::uint64_t seed_;
  std::vector<RegressionDraw> network_;
  std::map<std::string, OfRecipe> recipes_;
};

}  // namespace credence
