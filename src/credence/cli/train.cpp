#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/base/sha256.h"
#include "credence/checkpoint/checkpoint.h"
#include "credence/checkpoint/weights_hash.h"
#include "credence/cli/header.h"
#include "credence/comm/rank_zero.h"
#include "credence/config/config_file.h"
#include "credence/data/saved_units.h"
#include "credence/data/validation_split.h"
#include "credence/kernels/machine_peak.h"
#include "credence/predict/fit_calibration.h"
#include "credence/report/environment.h"
#include "credence/report/profile.h"
#include "credence/report/summary.h"
#include "credence/report/trace.h"
#include "credence/report/train_observers.h"

namespace credence::cli {
namespace {

struct TrainArguments {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string output;
  int threads = 0;
  bool profile = false;
  std::string trace;
};

/// Spans kept for a trace: a few thousand steps, 24 bytes each.
constexpr std::size_t trace_spans = 100'000;

/// What only rank 0 has: the run directory and its records.
struct Records {
  RunDirectory directory;
  MetricsLog metrics;
  Progress progress;
  ProgressObserver progress_observer;
  MetricsObserver metrics_observer;

  Records(RunDirectory made, std::int64_t log_every_steps)
      : directory(std::move(made)),
        metrics(directory.metrics()),
        progress(std::cout, progress_options(STDOUT_FILENO)),
        progress_observer(progress),
        metrics_observer(metrics, log_every_steps) {}
};

std::unique_ptr<Records> start_records(const RunDirectoryOptions& where,
                                       const Experiment& experiment, const Resources& resources,
                                       const Context& context) {
  auto records =
      std::make_unique<Records>(RunDirectory::create(where), experiment.train.log_every_steps);
  EnvironmentOptions environment{.command_line = context.command_line,
                                 .mpi_library = CommWorld::library()};
  for (const RankPlace& place : resources.places) environment.hosts.push_back(place.host);
  records->directory.write_config(experiment.resolved);
  records->directory.write_environment(environment_json(environment));
  add_log_file(records->directory.log());
  return records;
}

void write_header(Records& records, const Experiment& experiment, const Model& model,
                  const Inference& inference, const Resources& resources, double learning_rate) {
  const auto ranks = static_cast<std::int64_t>(resources.places.size());
  const std::vector<Field> fields{
      {"model", model.name()},
      {"dataset", experiment.data_name},
      {"parameters", model.parameter_count()},
      {"ranks", ranks},
      {"threads_per_rank", static_cast<std::int64_t>(resources.threads)},
      {"global_batch_size", experiment.train.global_batch(static_cast<int>(ranks))},
      {"learning_rate", learning_rate},
      {"seed", static_cast<std::int64_t>(experiment.seed)}};
  records.metrics.write(MetricsEvent::header, fields);
  const std::string header = job_header(experiment, resources, learning_rate) + '\n' +
                             layer_table(model) + '\n' + option_table(experiment);
  log_to_files(header);
  std::cout << header << '\n' << "run directory " << records.directory.path().string() << std::endl;
  if (!model.is_bayesian())
    for (const ConfigPlace& place : experiment.of_posterior)
      log_warning(place.locate("has no effect: no layer has a posterior"));
  if (inference.steps() == Steps::none)
    for (const ConfigPlace& place : experiment.of_optimizer)
      log_warning(place.locate(
          concat("has no effect: ", inference.name(), " takes no steps of an optimizer")));
  const std::string warning = warning_of(resources);
  if (!warning.empty()) log_warning(warning);
}

void save_weights(Records& records, const Experiment& experiment, const Model& model,
                  const Dataset& data, const Inferred& inferred, const Calibration* calibration) {
  std::vector<NamedTensor> tensors = named_values(model.parameters());
  for (NamedTensor& units : units_to_save(data)) tensors.push_back(std::move(units));
  if (inferred.weights)
    for (NamedTensor& tensor : as_posterior(inferred.weights->state()))
      tensors.push_back(std::move(tensor));
  if (calibration)
    for (NamedTensor& tensor : as_calibration(calibration->state()))
      tensors.push_back(std::move(tensor));
  save_checkpoint(records.directory.checkpoints(), tensors, inferred.optimizer_state,
                  {.step = static_cast<std::uint64_t>(inferred.report.steps),
                   .epoch = static_cast<std::uint64_t>(inferred.report.epochs),
                   .seed = experiment.seed,
                   .config_hash = text_sha256(experiment.resolved)});
}

void finish_records(Records& records, const Experiment& experiment, const Model& model,
                    const Resources& resources, const Inferred& inferred,
                    const std::vector<NamedValue>& test) {
  const TrainReport& report = inferred.report;
  Summary summary;
  summary.model = model.name();
  summary.dataset = experiment.data_name;
  summary.seed = experiment.seed;
  summary.ranks = static_cast<int>(resources.places.size());
  summary.threads_per_rank = resources.threads;
  summary.parameters = model.parameter_count();
  summary.epochs = report.epochs;
  summary.steps = report.steps;
  summary.train_seconds = report.train_seconds;
  summary.samples_per_sec = report.samples_per_sec();
  summary.peak_rss_bytes = peak_rss_bytes();
  summary.weights_sha256 = weights_sha256(model.parameters());
  summary.inference = inferred.figures;
  summary.test = test;
  write_summary(records.directory.summary(), summary);
}

/// Those that model.weights names, if it does.
std::optional<TrainedWeights> trained_weights(const Experiment& experiment) {
  if (experiment.weights.from.empty()) return std::nullopt;
  return read_trained_weights(experiment.weights.from);
}

/// CreateError, before anything is trained, if this rank's trace could not be written; one in the
/// run directory, which is yet to be made, is as good as that.
void check_trace(const TrainArguments& arguments, const std::string& output, int rank) {
  const std::filesystem::path trace = trace_path(arguments.trace, rank);
  const auto folder = (trace.parent_path() / "").lexically_normal();
  const bool in_run =
      !output.empty() && folder == (std::filesystem::path(output) / "").lexically_normal();
  if (!in_run) require_creatable(trace);
}

void train(const TrainArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  const Experiment experiment = read_experiment(load_config(arguments.recipe, arguments.overrides));
  const std::string output = arguments.output.empty() ? experiment.output : arguments.output;
  const bool is_traced = !arguments.trace.empty();
  if (is_traced) check_trace(arguments, output, communicator.rank());
  const Resources resources = set_up_threads_quietly(communicator, arguments.threads);
  DataSplits data = load_data(experiment, communicator);
  const std::optional<TrainedWeights> trained = trained_weights(experiment);
  if (trained) take_units(data, trained->tensors, trained->file.string());
  const ValidationSplit split =
      split_validation(data.train, experiment.validation_split, experiment.seed);
  experiment.check_calibration(split.validation.get());

  const std::unique_ptr<Inference> inference = experiment.make_inference();
  const int ranks = inference->ranks_a_network(communicator.size());
  const LoaderOptions batches{.global_batch = experiment.train.global_batch(ranks),
                              .steps_per_epoch = experiment.train.steps_per_epoch,
                              .seed = experiment.seed};
  const std::int64_t most_rows = BatchPlan(*split.training, batches, 0, ranks).max_rows();
  Model model(
      experiment.make_graph(*split.training),
      {.max_batch = inference->rows_at_once(rows_at_once(most_rows, experiment.train.micro_batch)),
       .seed = experiment.seed});
  const auto initialize = [&](std::uint64_t seed) {
    model.initialize(seed);
    if (!trained) return;
    std::vector<NamedTensor> weights = named_values(model.parameters());
    begin_from(*trained, weights, experiment.weights.relative_sigma);
    model.centre_priors();
  };
  initialize(experiment.seed);
  const std::unique_ptr<Loss> loss = experiment.make_loss(model, *split.training);
  const std::unique_ptr<Schedule> schedule = experiment.make_schedule();
  const double learning_rate = experiment.train.learning_rate *
                               learning_rate_scale(experiment.train.learning_rate_scaling, ranks);
  Timeline timeline(is_traced ? trace_spans : 0);
  Training training{.model = model,
                    .loss = *loss,
                    .communicator = communicator,
                    .data = split.training,
                    .validation = split.validation,
                    .batches = batches,
                    .options = {.epochs = experiment.train.epochs,
                                .learning_rate = learning_rate,
                                .micro_batch = experiment.train.micro_batch,
                                .kl = experiment.train.kl,
                                .seed = experiment.seed,
                                .buckets = experiment.distributed.buckets,
                                .validation = experiment.validation},
                    .initialize = initialize,
                    .make_optimizer = experiment.make_optimizer,
                    .schedule = schedule.get(),
                    .timeline = is_traced || arguments.profile ? &timeline : nullptr};
  check_training(model, *loss, training.options, split.validation != nullptr);
  experiment.check_inference(*inference, training);

  std::unique_ptr<Records> records;
  on_rank_zero(communicator, [&] {
    records = start_records({.output = output, .recipe = arguments.recipe}, experiment, resources,
                            context);
    write_header(*records, experiment, model, *inference, resources, learning_rate);
  });
  const auto tell = [&](const std::string& line) {
    if (!records) return;
    records->progress.finish_line(line);
    log_to_files(line);
  };
  if (records) training.observers = {&records->progress_observer, &records->metrics_observer};
  const auto test_as = [&](const char* name, const PredictOptions& options,
                           const WeightSamples* weights, const Calibration* calibration) {
    if (!data.test) return std::vector<NamedValue>();
    Predictor predictor(model, *loss, experiment.seed, options, weights);
    predictor.set_calibration(calibration);
    if (records) predictor.set_observer(show_predictions(records->progress, name));
    std::vector<NamedValue> values = evaluate(predictor, *data.test, communicator);
    tell(concat(name, "  ", text_of(values)));
    return values;
  };
  test_as("before training", experiment.validation, nullptr, nullptr);
  if (is_traced) {
    timeline.set_origin(Timeline::Clock::now());
    align_origins(timeline, communicator);
  }
  const Inferred inferred = inference->run(training);
  const TrainReport& report = inferred.report;
  const auto save = [&](const Calibration* calibration) {
    on_rank_zero(communicator, [&] {
      save_weights(*records, experiment, model, *split.training, inferred, calibration);
    });
  };
  save(nullptr);  // before anything else can fail
  Predictor validated(model, *loss, experiment.seed, experiment.predict, inferred.weights.get());
  if (records) validated.set_observer(show_predictions(records->progress, "calibration"));
  const FittedCalibration fitted =
      fit_calibration(experiment.calibration, validated, split.validation.get(), communicator);
  if (fitted.calibration) {
    tell(fitted.text);
    save(fitted.calibration.get());
  }
  if (!inferred.figures.empty()) tell(concat(inference->name(), "  ", text_of(inferred.figures)));
  if (arguments.profile)
    tell(
        profile_table(timeline, model,
                      {.steps = report.steps,
                       .seconds = report.train_seconds,
                       .examples_per_step = static_cast<double>(report.examples) /
                                            static_cast<double>(report.steps) / communicator.size(),
                       .peak_gflops = peak_gflops({.threads = resources.threads}).best}));
  const std::vector<NamedValue> test =
      test_as("test", experiment.predict, inferred.weights.get(), fitted.calibration.get());
  on_rank_zero(communicator, [&] {
    finish_records(*records, experiment, model, resources, inferred, test);
    tell("wrote " + records->directory.path().string());
  });
  // Last: whatever befalls it, the run is complete.
  if (is_traced)
    write_trace(trace_path(arguments.trace, communicator.rank()), timeline, communicator.rank());
}

}  // namespace

void add_train(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("train", "train a network as a recipe says, and test it");
  const auto arguments = std::make_shared<TrainArguments>();
  command->add_option("recipe", arguments->recipe, "configuration file, as in recipes/*.yaml")
      ->required();
  command->add_option("overrides", arguments->overrides,
                      "key=value: train.epochs=10 seed=3; items of lists by number, from 0: "
                      "model.layers.0.units=32");
  command->add_option("-o,--output", arguments->output,
                      "run directory, which must not exist (default: runs/<recipe>-<n>)");
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->add_flag("--profile", arguments->profile,
                    "say at the end where a step's time went, by layer and phase");
  command->add_option("--trace", arguments->trace,
                      "write a timeline to this file, for ui.perfetto.dev");
  command->callback([arguments, &context] { train(*arguments, context); });
}

}  // namespace credence::cli
