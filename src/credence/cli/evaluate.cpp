#include <iostream>

#include <unistd.h>

#include "credence/base/files.h"
#include "credence/base/text.h"
#include "credence/cli/evaluation_report.h"
#include "credence/cli/session.h"
#include "credence/comm/rank_zero.h"
#include "credence/data/unfamiliar.h"
#include "credence/predict/reliability.h"
#include "credence/terminal/progress_observer.h"

namespace credence::cli {
namespace {

struct EvaluateArguments {
  RunChoice choice;
  std::optional<std::int64_t> samples;
  std::vector<std::string> unfamiliar;
  std::optional<std::int64_t> replicates;
  std::string reliability;
  int threads = 0;
  bool json = false;
};

void check(const EvaluateArguments& arguments) {
  check_samples(arguments.samples);
  for (const std::string& name : arguments.unfamiliar) check_unfamiliar_name(name);
  if (!arguments.replicates) return;
  try {
    BootstrapOptions{.replicates = *arguments.replicates}.check();
  } catch (const ConfigError& error) {
    throw UsageError(concat("--bootstrap: ", error.what()));
  }
}

/// Refuses, before anything is computed, what a problem does not have.
void check_problem(const EvaluateArguments& arguments, Problem problem) {
  require<ConfigError>(
      arguments.unfamiliar.empty() || problem == Problem::classification,
      "--ood: the uncertainties compared are those of a classifier, and this is a ",
      enum_name(problem));
  require<ConfigError>(
      arguments.reliability.empty() || has_likelihood(problem), "--reliability: a ",
      enum_name(problem),
      " without a likelihood gives no probabilities; train with train.loss=gaussian");
}

std::string reliability_text(const PredictedPart& part, Problem problem,
                             Communicator& communicator) {
  if (problem == Problem::classification)
    return reliability_csv(reliability_bins(part, communicator));
  return reliability_csv(coverage_curve(part, communicator));
}

void run_evaluate(const EvaluateArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  check(arguments);
  set_up_threads(communicator, arguments.threads);
  if (!arguments.reliability.empty())
    on_rank_zero(communicator, [&] { require_creatable(arguments.reliability); });
  const TrainedModel trained = load_run(arguments.choice, communicator);
  const std::shared_ptr<const Dataset> test = trained.data.test;
  require<DataError>(test != nullptr, "data set \"", trained.experiment.data_name,
                     "\" has no test set");
  const Problem problem = trained.loss->problem();
  check_problem(arguments, problem);
  std::vector<std::shared_ptr<const Dataset>> unfamiliar;
  for (const std::string& name : arguments.unfamiliar)
    unfamiliar.push_back(make_unfamiliar(name, test));

  const PredictOptions options = with_samples(trained.experiment.predict, arguments.samples);
  Predictor predictor(*trained.model, *trained.loss, trained.experiment.seed, options,
                      trained.weights.get());
  predictor.set_calibration(trained.calibration.get());
  Progress progress(std::cerr, progress_options(STDERR_FILENO));
  const auto predict = [&](const Dataset& dataset, const std::string& name) {
    if (context.is_root()) predictor.set_observer(show_predictions(progress, name));
    return predictor.predict(dataset, communicator);
  };
  const PredictedPart part = predict(*test, "test");
  Evaluation evaluation{.values = measure(predictor.make_metrics(), part, communicator)};
  if (!unfamiliar.empty()) {
    const Uncertainties familiar = gather_uncertainties(part.predictions, communicator);
    evaluation.unfamiliar.push_back({.name = "test", .means = mean_uncertainties(familiar)});
    for (const auto& set : unfamiliar) {
      const PredictedPart other = predict(*set, set->name());
      const Uncertainties found = gather_uncertainties(other.predictions, communicator);
      evaluation.unfamiliar.push_back({.name = set->name(),
                                       .means = mean_uncertainties(found),
                                       .auroc = detection_auroc(familiar, found)});
    }
  }
  progress.clear();
  if (arguments.replicates) {
    std::vector<std::string> names;
    for (const auto& metric : predictor.make_metrics()) names.push_back(metric->name());
    evaluation.intervals = bootstrap_intervals(
        names, part, {.replicates = *arguments.replicates, .seed = trained.experiment.seed},
        communicator);
  }
  if (!arguments.reliability.empty()) {
    const std::string curve = reliability_text(part, problem, communicator);
    on_rank_zero(communicator, [&] { write_file(arguments.reliability, curve); });
  }
  if (!context.is_root()) return;
  std::cout << (arguments.json ? evaluation_json(evaluation) : evaluation_text(evaluation))
            << std::flush;
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("evaluate", "test the network of a run directory");
  const auto arguments = std::make_shared<EvaluateArguments>();
  command->add_option("run", arguments->choice.run, "run directory")->required();
  command->add_option("overrides", arguments->choice.overrides,
                      "key=value: data.path=/elsewhere, data.name=digits");
  command->add_option("-s,--samples", arguments->samples,
                      "weight draws (default: the recipe's predict.samples)");
  command
      ->add_option("--ood", arguments->unfamiliar,
                   concat("how uncertainty tells sets unlike the test set from it: ",
                          join(unfamiliar_names(), ",")))
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--bootstrap", arguments->replicates,
                      "95% intervals of the metrics, from so many bootstrap replicates (1000)");
  command->add_option("--reliability", arguments->reliability,
                      "a .csv file to write: accuracy by confidence, or coverage by level");
  add_checkpoint_option(*command, arguments->choice.checkpoint);
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->add_flag("--json", arguments->json, "one JSON object instead of a table");
  command->callback([arguments, &context] { run_evaluate(*arguments, context); });
}

}  // namespace credence::cli
