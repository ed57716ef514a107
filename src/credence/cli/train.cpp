#include <algorithm>
#include <cmath>
#include <iostream>

#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/base/signals.h"
#include "credence/base/text.h"
#include "credence/cli/resume.h"
#include "credence/cli/train_records.h"
#include "credence/comm/rank_zero.h"
#include "credence/config/config_file.h"
#include "credence/data/saved_units.h"
#include "credence/data/validation_split.h"
#include "credence/kernels/machine_peak.h"
#include "credence/predict/fit_calibration.h"
#include "credence/report/profile.h"
#include "credence/report/trace.h"

namespace credence::cli {
namespace {

struct TrainArguments {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string output;
  std::string resume;
  int threads = 0;
  bool profile = false;
  std::string trace;
};

/// Spans kept for a trace: a few thousand steps, 24 bytes each.
constexpr std::size_t trace_spans = 100'000;

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

ProfileOptions profile_options(Fit& fit, const TrainReport& report, int threads) {
  const double ranks = fit.ranks_a_network();
  return {.steps = report.steps,
          .seconds = report.train_seconds,
          .examples_per_step =
              static_cast<double>(report.examples) / static_cast<double>(report.steps) / ranks,
          .peak_gflops = peak_gflops({.threads = threads}).best};
}

/// A warning if a figure that should fall has grown by far; empty if none has. What has diverged
/// may give finite figures.
std::string worse_than_before(const std::vector<NamedValue>& before,
                              const std::vector<NamedValue>& after) {
  for (const auto& [name, value] : after) {
    const auto old = std::ranges::find(before, name, &NamedValue::first);
    if ((name != "nll" && name != "rmse") || old == before.end()) continue;
    if (!(value <= old->second + 0.5 * std::abs(old->second) + 0.1))
      return concat("the test's ", name, " is ", value, ", and was ", old->second,
                    " before: training has diverged, or draws of the weights go too far from their "
                    "mean; a smaller learning rate, or a narrower prior, may help");
  }
  return "";
}

struct Trained {
  Inferred inferred;
  CheckpointSeries::End end;
};

/// Runs the training, its state saved in the run directory as it goes along, when a signal asks for
/// it, and at the end.
Trained run_saved(Fit& fit, const Experiment& experiment, const TrainTarget& target,
                  TrainRecords* records, Communicator& communicator) {
  const auto save = [&](const Trained& trained) {
    on_rank_zero(communicator,
                 [&] { records->save_weights(fit, trained.inferred, trained.end, nullptr); });
  };
  if (!fit.inference().can_go_on()) {
    if (records && !target.resumed.empty())
      log_warning(concat(fit.inference().name(), " begins anew: it does not go on half-way"));
    Trained trained{.inferred = fit.run(), .end = {}};
    save(trained);
    return trained;
  }
  const std::string directory =
      text_of_rank_zero(communicator, [&] { return records->directory().path().string(); });
  CheckpointSeries checkpoints(
      {.directory = std::filesystem::path(directory) / "checkpoints",
       .options = experiment.checkpoint,
       .writes = records != nullptr,
       .resumes = !target.resumed.empty(),
       .seed = experiment.seed,
       .config_hash = text_sha256(experiment.resolved),
       .auxiliary = units_to_save(fit.data()),
       .facts = records ? [records] { return records->facts(); } : std::function<Metadata()>()});
  fit.set_checkpoints(&checkpoints);
  const EndRequests requests;
  Trained trained{.inferred = fit.run(), .end = {}};
  trained.end = checkpoints.end();
  save(trained);
  double ended = EndRequests::signal() != 0 ? 1 : 0;
  communicator.sum(std::span<double>(&ended, 1));
  if (ended > 0)
    throw Interrupted(EndRequests::signal(), "asked to end: trained and saved, not yet tested");
  return trained;
}

void train(const TrainArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  const TrainTarget target = find_target({.recipe = arguments.recipe,
                                          .overrides = arguments.overrides,
                                          .output = arguments.output,
                                          .resume = arguments.resume},
                                         communicator);
  if (target.is_complete) {
    if (context.is_root()) std::cout << target.resumed << ": complete, nothing to go on with\n";
    return;
  }
  const Experiment& experiment = target.experiment;
  const std::string output = arguments.output.empty() ? experiment.output : arguments.output;
  const bool is_traced = !arguments.trace.empty();
  if (is_traced) check_trace(arguments, output, communicator.rank());
  const Resources resources = set_up_threads_quietly(communicator, arguments.threads);
  DataSplits data = load_data(experiment, communicator);
  const std::optional<TrainedWeights> weights = trained_weights(experiment);
  if (weights) take_units(data, weights->tensors, weights->file.string());
  const ValidationSplit split =
      split_validation(data.train, experiment.validation_split, experiment.seed);
  experiment.check_calibration(split.validation.get());
  Timeline timeline(is_traced ? trace_spans : 0);
  Fit fit(experiment,
          {.training = split.training,
           .validation = split.validation,
           .weights = weights ? &*weights : nullptr,
           .timeline = is_traced || arguments.profile ? &timeline : nullptr},
          communicator);

  std::unique_ptr<TrainRecords> records;  // of rank 0
  on_rank_zero(communicator, [&] {
    records = std::make_unique<TrainRecords>(
        RunDirectoryOptions{.output = output,
                            .recipe = arguments.recipe,
                            .begins_again = arguments.resume == "auto"},
        target.resumed, experiment, resources, context);
    records->write_header(fit);
  });
  const auto tell = [&](const std::string& line) {
    if (records) records->tell(line);
  };
  const auto warn = [&](const std::string& warning) {
    if (!records) return;
    records->progress().clear();
    log_warning(warning);
  };
  const auto predictor_of = [&](const char* name, const PredictOptions& options,
                                const WeightSamples* samples) {
    Predictor predictor(fit.model(), fit.loss(), experiment.seed, options, samples);
    if (records) predictor.set_observer(show_predictions(records->progress(), name));
    return predictor;
  };
  const auto test_as = [&](const char* name, Predictor predictor) {
    if (!data.test) return std::vector<NamedValue>();
    std::vector<NamedValue> values = evaluate(predictor, *data.test, communicator);
    tell(concat(name, "  ", text_of(values)));
    return values;
  };
  const bool begins = target.resumed.empty();
  const std::vector<NamedValue> before =
      begins ? test_as("before training",
                       predictor_of("before training", experiment.validation, nullptr))
             : std::vector<NamedValue>();
  if (is_traced) {
    timeline.set_origin(Timeline::Clock::now());
    align_origins(timeline, communicator);
  }
  if (records) fit.set_observers(records->observers());
  const auto [inferred, end] = run_saved(fit, experiment, target, records.get(), communicator);
  Predictor validated = predictor_of("calibration", experiment.predict, inferred.weights.get());
  const FittedCalibration fitted =
      fit_calibration(experiment.calibration, validated, split.validation.get(), communicator);
  if (fitted.calibration) {
    tell(fitted.text);
    on_rank_zero(communicator, [&, &inferred = inferred, &end = end] {
      records->save_weights(fit, inferred, end, fitted.calibration.get());
    });
  }
  for (const std::string& warning : inferred.warnings) warn(warning);
  if (!inferred.figures.empty())
    tell(concat(fit.inference().name(), "  ", text_of(inferred.figures)));
  if (arguments.profile && inferred.report.steps > 0) {
    const ProfileOptions options = profile_options(fit, inferred.report, resources.threads);
    tell(profile_table(timeline, fit.model(), options));
    on_rank_zero(communicator, [&] {
      write_profile(records->directory().profile(), make_profile(timeline, fit.model(), options));
    });
  }
  Predictor predictor = predictor_of("test", experiment.predict, inferred.weights.get());
  predictor.set_calibration(fitted.calibration.get());
  const std::vector<NamedValue> test = test_as("test", std::move(predictor));
  const std::string worse = worse_than_before(before, test);
  if (!worse.empty()) warn(worse);
  on_rank_zero(communicator, [&, &inferred = inferred] {
    records->save_weights(fit, inferred, {}, fitted.calibration.get());  // nothing is to go on
    records->finish(fit, inferred, test);
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
  command->add_option("recipe", arguments->recipe, "configuration file, as in recipes/*.yaml");
  command->add_option("overrides", arguments->overrides,
                      "key=value: train.epochs=10 seed=3; items of lists by number, from 0: "
                      "model.layers.0.units=32");
  command->add_option("-o,--output", arguments->output,
                      "run directory, which must not exist (default: runs/<recipe>-<n>)");
  command->add_option("--resume", arguments->resume,
                      "go on with this run, which a signal, a failure or a batch system's limit "
                      "has ended; auto: with that in --output, or else the recipe's newest that is "
                      "not complete, if it is there, and begin if it is not");
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->add_flag("--profile", arguments->profile,
                    "say at the end where a step's time went, by layer and phase");
  command->add_option("--trace", arguments->trace,
                      "write a timeline to this file, for ui.perfetto.dev");
  command->callback([arguments, &context] { train(*arguments, context); });
}

}  // namespace credence::cli
