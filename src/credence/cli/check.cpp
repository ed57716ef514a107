#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "credence/base/text.h"
#include "credence/cli/check_report.h"
#include "credence/cli/doctor_report.h"
#include "credence/cli/session.h"
#include "credence/comm/rank_zero.h"
#include "credence/config/config_file.h"
#include "credence/data/validation_split.h"
#include "credence/diagnostics/estimator_check.h"
#include "credence/diagnostics/gradient_check.h"
#include "credence/diagnostics/kl_check.h"
#include "credence/report/posterior_findings.h"
#include "credence/terminal/progress_observer.h"

namespace credence::cli {
namespace {

struct CheckArguments {
  std::string target;
  std::vector<std::string> overrides;
  std::optional<std::int64_t> samples;
  int threads = 0;
  bool json = false;
};

bool is_recipe(const std::filesystem::path& target) {
  std::error_code error;
  const std::string extension = target.extension().string();
  return !std::filesystem::is_directory(target, error) &&
         (extension == ".yaml" || extension == ".yml");
}

/// The network of a recipe before training. Collective.
TrainedModel load_untrained(const CheckArguments& arguments, Communicator& communicator) {
  TrainedModel made;
  made.experiment = read_experiment(load_config(arguments.target, arguments.overrides));
  made.data = load_data(made.experiment, communicator);
  made.model = std::make_unique<Model>(made.experiment.make_graph(*made.data.train),
                                       ModelOptions{.seed = made.experiment.seed});
  begin_from_weights(made);
  made.loss = made.experiment.make_loss(*made.model, *made.data.train);
  return made;
}

/// That of a run, whose priors have their centres again. Collective.
TrainedModel load_trained(const CheckArguments& arguments, Communicator& communicator) {
  TrainedModel made =
      load_run({.run = arguments.target, .overrides = arguments.overrides}, communicator);
  centre_priors(made);
  return made;
}

/// Those of the registry, with the recipe's own options where it is one of them. Empty name: none.
std::vector<NamedEstimator> estimators(const GraphSpec& graph, std::string& own) {
  std::vector<NamedEstimator> all;
  for (const NodeSpec& node : graph.nodes) {
    if (!node.variational || !own.empty()) continue;
    own = node.variational->estimator()->name();
    all.push_back({own, node.variational->estimator});
  }
  for (const std::string& name : estimator_registry().names()) {
    if (name == own) continue;
    OptionReader defaults;
    all.push_back({name, estimator_registry().find(name).prepare(defaults)});
  }
  return all;
}

using Print = std::function<void(const std::string&)>;

/// All that one rank can do.
void examine(const Subject& subject, CheckReport& report, const Print& print) {
  report.checks = {check_gradients(subject), check_kernels(subject)};
  for (const auto& more : {check_kl(subject), check_estimators(subject)})
    report.checks.insert(report.checks.end(), more.begin(), more.end());
  print(checks_text(report) + "\n");
  report.variances = gradient_variances(subject, estimators(subject.graph, report.estimator),
                                        report.variance_options);
  print(variances_text(report));
  if (!report.is_trained) return;
  report.posteriors = summarize_posteriors(subject);
  if (report.is_bayesian) report.loss = loss_shares(subject);
  report.warnings = check_posteriors(report.posteriors, report.loss);
  print("\n" + posteriors_text(report) + "\n");
}

/// Collective.
void prune(const TrainedModel& trained, const PredictOptions& options, Context& context,
           CheckReport& report) {
  Predictor predictor(*trained.model, *trained.loss, trained.experiment.seed, options);
  Progress progress(std::cerr, progress_options(STDERR_FILENO));
  if (context.is_root()) predictor.set_observer(show_predictions(progress, "pruning"));
  report.weights = Pruner(*trained.model).weights();
  report.pruning =
      pruning_curve(*trained.model, predictor, *trained.data.test, context.communicator());
  progress.clear();
}

/// A network that fails is not pruned: what it predicts may be no numbers.
void require_passed(const CheckReport& report) {
  std::vector<std::string> failed;
  for (const CheckRow& row : report.checks)
    if (row.verdict == Verdict::failed) failed.push_back(row.check);
  require<InternalError>(failed.empty(), counted(static_cast<long long>(failed.size()), "check"),
                         " failed: ", join(failed));
}

void check(const CheckArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  check_samples(arguments.samples);
  set_up_threads(communicator, arguments.threads);
  CheckReport report{.target = arguments.target, .is_trained = !is_recipe(arguments.target)};
  const TrainedModel subject_of = report.is_trained ? load_trained(arguments, communicator)
                                                    : load_untrained(arguments, communicator);
  const Experiment& experiment = subject_of.experiment;
  Model& model = *subject_of.model;
  const ValidationSplit split =
      split_validation(subject_of.data.train, experiment.validation_split, experiment.seed);
  const GraphSpec graph = experiment.make_graph(*split.training);
  const Subject subject{.graph = graph,
                        .model = model,
                        .loss = *subject_of.loss,
                        .data = *split.training,
                        .kl_weight = experiment.train.kl.weight,
                        .seed = experiment.seed};
  report.model = model.name();
  report.data = experiment.data_name;
  report.is_bayesian = model.is_bayesian();
  const Print print = [&](const std::string& text) {
    if (context.is_root() && !arguments.json) std::cout << text << std::flush;
  };

  print(concat(report.model, " on ", report.data, ", ",
               report.is_trained ? "as trained" : "before training", "\n\n"));
  // Rank 0 alone, as what it finds does not depend on the ranks; the others wait.
  on_rank_zero(communicator, [&] {
    examine(subject, report, print);
    if (!report.passed() && arguments.json) std::cout << check_json(report) << std::flush;
    require_passed(report);
  });
  if (subject_of.weights) {
    print(concat("\nThe run's posterior is that of inference.type=", experiment.inference_name,
                 ". All above is of the network's own weights, which it is\nnot pruned by.\n"));
  } else if (report.is_trained) {
    if (subject_of.data.test)
      prune(subject_of, with_samples(experiment.predict, arguments.samples), context, report);
    print(pruning_text(report) + "\n" + findings_text(report.warnings));
  }
  if (context.is_root() && arguments.json) std::cout << check_json(report) << std::flush;
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "check", "check gradients, KL and noise of a network; of a trained one its posterior too");
  const auto arguments = std::make_shared<CheckArguments>();
  command->add_option("target", arguments->target, "recipe (*.yaml) or run directory")->required();
  command->add_option("overrides", arguments->overrides,
                      "key=value: data.name=digits model.bayesian.estimator=flipout");
  command->add_option("-s,--samples", arguments->samples,
                      "weight draws of the pruning curve (default: the recipe's predict.samples)");
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->add_flag("--json", arguments->json, "one JSON object instead of tables");
  command->callback([arguments, &context] { check(*arguments, context); });
}

}  // namespace credence::cli
