#include "credence/cli/uci_runs.h"

#include <chrono>
#include <cmath>
#include <limits>

#include "credence/cli/fit.h"
#include "credence/config/config_file.h"
#include "credence/config/yaml.h"
#include "credence/data/validation_split.h"

namespace credence::cli {
namespace {

constexpr double validation_share = 0.2;

/// In the quotes that keep YAML from reading anything into it.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
}

Experiment read(const UciMethod& method, const std::vector<std::string>& overrides) {
  ConfigNode recipe = parse_yaml(method.recipe, "recipe of the method");
  for (const std::string& assignment : overrides) apply_override(recipe, assignment);
  return read_experiment(recipe);
}

bool has_choice(const UciMethod& method) {
  return method.candidates.size() > 1;
}

/// Of one example, in the target's own units.
struct Score {
  double rmse, ll;
};

Score score(const Experiment& experiment, const std::shared_ptr<const Dataset>& training,
            const Dataset& test) {
  const std::unique_ptr<Communicator> alone = self_communicator();
  Fit fit(experiment, {.training = training}, *alone);
  const Inferred inferred = fit.run();
  Predictor predictor(fit.model(), fit.loss(), experiment.seed, experiment.predict,
                      inferred.weights.get());
  Score score{};
  for (const auto& [name, value] : evaluate(predictor, test, *alone)) {
    if (name == "rmse") score.rmse = value;
    if (name == "nll") score.ll = -value;
  }
  return score;
}

/// On the validation part; minus infinity if the candidate fails.
double validate(const Experiment& experiment, const DataSplits& data) {
  const ValidationSplit split = split_validation(data.train, validation_share, experiment.seed);
  try {
    const double ll = score(experiment, split.training, *split.validation).ll;
    return std::isnan(ll) ? -std::numeric_limits<double>::infinity() : ll;
  } catch (const NumericalError&) {
    return -std::numeric_limits<double>::infinity();
  }
}

}  // namespace

std::vector<std::string> uci_overrides(const UciMethod& method, std::size_t candidate,
                                       const UciTask& task) {
  std::vector<std::string> overrides{"data.path=" + quoted(task.folder.string()),
                                     concat("data.split=", task.split),
                                     concat("seed=", task.split + 1)};
  const auto append = [&](const std::vector<std::string>& more) {
    overrides.insert(overrides.end(), more.begin(), more.end());
  };
  append(method.candidates.at(candidate));
  append(task.overrides);
  return overrides;
}

void check_uci(const UciMethod& method, const UciTask& task) {
  for (std::size_t i = 0; i < method.candidates.size(); ++i)
    read(method, uci_overrides(method, i, task));
}

std::int64_t uci_fits(const UciMethod& method) {
  return has_choice(method) ? std::ssize(method.candidates) + 1 : 1;
}

UciRun run_uci(const UciMethod& method, const UciTask& task, const std::function<void()>& on_fit) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const auto experiment_of = [&](std::size_t candidate) {
    return read(method, uci_overrides(method, candidate, task));
  };
  const DataSplits data = experiment_of(0).load_data();
  UciRun run;
  if (has_choice(method)) {
    run.validation_ll = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < method.candidates.size(); ++i) {
      const double ll = validate(experiment_of(i), data);
      on_fit();
      if (!(ll > run.validation_ll)) continue;
      run.candidate = i;
      run.validation_ll = ll;
    }
    require<NumericalError>(std::isfinite(run.validation_ll), task.folder.string(), ", split ",
                            task.split, ": every candidate fails on the validation part");
  }
  const Score test = score(experiment_of(run.candidate), data.train, *data.test);
  on_fit();
  run.rmse = test.rmse;
  run.ll = test.ll;
  run.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return run;
}

}  // namespace credence::cli
