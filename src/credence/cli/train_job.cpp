#include "credence/cli/train_job.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/base/signals.h"
#include "credence/comm/agreement.h"
#include "credence/comm/rank_zero.h"
#include "credence/data/saved_units.h"
#include "credence/kernels/machine_peak.h"
#include "credence/records/profile.h"
#include "credence/records/trace.h"

namespace credence::cli {
namespace {

/// Spans kept for a trace: a few thousand steps, 24 bytes each.
constexpr std::size_t trace_spans = 100'000;

std::string output_of(const TrainArguments& arguments, const Experiment& experiment) {
  return arguments.output.empty() ? experiment.output : arguments.output;
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

/// A rank with another recipe, or other data, would train another network, or wait for ever for
/// sums that nobody else begins.
void require_same_data(const DataSplits& data, Communicator& communicator) {
  const auto text_of = [](const Dataset& part) {
    return concat(part.size(), " examples ", part.src_shape(), ", CRC-32C ", std::hex,
                  part.checksum());
  };
  if (communicator.size() == 1) return;
  require_same_on_all_ranks<CommError>(communicator, "training data", text_of(*data.train));
  if (data.test)
    require_same_on_all_ranks<CommError>(communicator, "test data", text_of(*data.test));
}

Resources set_up(const TrainArguments& arguments, const Experiment& experiment,
                 Communicator& communicator) {
  require_same_on_all_ranks<ConfigError>(communicator, "recipe", experiment.resolved);
  if (arguments.is_traced())
    check_trace(arguments, output_of(arguments, experiment), communicator.rank());
  on_rank_zero(communicator, [&] { check_creatable(experiment.records); });
  return set_up_threads_quietly(communicator, arguments.threads);
}

TrainInputs load_inputs(const Experiment& experiment, Communicator& communicator) {
  communicator.activity().set_phase("load data");
  TrainInputs inputs{.data = load_data(experiment, communicator)};
  require_same_data(inputs.data, communicator);
  if (!experiment.weights.from.empty()) {
    inputs.weights = read_trained_weights(experiment.weights.from);
    take_units(inputs.data, inputs.weights->tensors, inputs.weights->file.string());
  }
  inputs.split = split_validation(inputs.data.train, experiment.validation_split, experiment.seed);
  experiment.check_calibration(inputs.split.validation.get());
  return inputs;
}

/// As `credence launch` asks for; a run without it goes on until its time is up.
bool warning_ends() {
  const char* const variable = std::getenv("CREDENCE_SIGUSR1");
  return variable != nullptr && std::string_view(variable) == "end";
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

/// The same, and how the run is gone on with.
Interrupted with_advice(const Interrupted& ended, const std::string& run) {
  return Interrupted(static_cast<int>(ended.exit_code()) - 128,
                     concat(ended.what(), "; go on with credence train --resume ", run));
}

}  // namespace

TrainJob::TrainJob(const TrainArguments& arguments, const TrainTarget& target, Context& context)
    : arguments_(arguments),
      target_(target),
      experiment_(target.experiment),
      context_(context),
      communicator_(context.communicator()),
      resources_(set_up(arguments, experiment_, communicator_)),
      inputs_(load_inputs(experiment_, communicator_)),
      timeline_(arguments.is_traced() ? trace_spans : 0),
      fit_(experiment_,
           {.training = inputs_.split.training,
            .validation = inputs_.split.validation,
            .weights = inputs_.weights ? &*inputs_.weights : nullptr,
            .timeline = arguments.is_traced() || arguments.profile ? &timeline_ : nullptr},
           communicator_) {
  on_rank_zero(communicator_, [this] {
    records_ = std::make_unique<TrainRecords>(
        TrainRecords::Place{.directory = {.output = output_of(arguments_, experiment_),
                                          .recipe = arguments_.recipe,
                                          .begins_again = arguments_.resume == "auto"},
                            .resumed = target_.resumed,
                            .command_line = context_.command_line},
        experiment_, resources_);
    records_->write_header(fit_);
    communicator_.activity().set_run(records_->directory().path().string());
  });
}

void TrainJob::run() {
  const bool begins = target_.resumed.empty();
  const Test before =
      begins ? test_as("before training", predictor_of("before training", experiment_.validation))
             : Test();
  start_trace();
  if (records_) fit_.set_observers(records_->observers());
  const Trained trained = train();
  const Inferred& inferred = trained.inferred;
  const FittedCalibration fitted = calibrate(trained);
  tell_inferred(inferred);
  write_profiles(inferred.report);
  Predictor predictor = predictor_of("test", experiment_.predict, inferred.weights.get());
  predictor.set_calibration(fitted.calibration.get());
  const Test test = test_as("test", std::move(predictor));
  const std::string worse = worse_than_before(before, test);
  if (!worse.empty()) warn(worse);
  finish(inferred, fitted.calibration.get(), test);
  // Last: whatever befalls it, the run is complete.
  if (arguments_.is_traced())
    write_trace(trace_path(arguments_.trace, communicator_.rank()), timeline_,
                communicator_.rank());
}

void TrainJob::start_trace() {
  if (!arguments_.is_traced()) return;
  timeline_.set_origin(Timeline::Clock::now());
  align_origins(timeline_, communicator_);
}

TrainJob::Trained TrainJob::train() {
  return fit_.inference().can_go_on() ? train_with_checkpoints() : train_anew();
}

TrainJob::Trained TrainJob::train_anew() {
  if (records_ && !target_.resumed.empty())
    log_warning(concat(fit_.inference().name(), " begins anew: it does not go on half-way"));
  Trained trained{.inferred = fit_.run(), .end = {}};
  save_weights(trained, nullptr);
  return trained;
}

TrainJob::Trained TrainJob::train_with_checkpoints() {
  const std::string run =
      text_of_rank_zero(communicator_, [&] { return records_->directory().path().string(); });
  checkpoints_.emplace(checkpoint_parts(run));
  fit_.set_checkpoints(&*checkpoints_);
  Trained trained;
  int heeded = 0;
  try {
    const EndRequests requests;
    trained.inferred = fit_.run();
    trained.end = checkpoints_->end();
    save_weights(trained, nullptr);
    heeded = EndRequests::signal();
    double ended = heeded != 0 ? 1 : 0;
    communicator_.sum(std::span<double>(&ended, 1));
    if (ended > 0) throw Interrupted(heeded, "asked to end: trained and saved, not yet tested");
  } catch (const Interrupted& ended) {
    if (records_) records_->end_as_killed();
    throw with_advice(ended, run);
  }
  if (EndRequests::signal() != heeded)
    std::raise(EndRequests::signal());  // too late to be agreed on
  return trained;
}

CheckpointSeries::Parts TrainJob::checkpoint_parts(const std::filesystem::path& run) {
  CheckpointSeries::Parts parts{.directory = run / "checkpoints",
                                .options = experiment_.checkpoint,
                                .writes = records_ != nullptr,
                                .resumes = !target_.resumed.empty(),
                                .warning_ends = warning_ends(),
                                .seed = experiment_.seed,
                                .config_hash = text_sha256(experiment_.resolved),
                                .auxiliary = units_to_save(fit_.data())};
  if (records_) {
    parts.facts = [this] { return records_->facts(); };
    parts.tell = [this](const std::string& line) { tell(line); };
  }
  return parts;
}

FittedCalibration TrainJob::calibrate(const Trained& trained) {
  Predictor predictor =
      predictor_of("calibration", experiment_.predict, trained.inferred.weights.get());
  FittedCalibration fitted = fit_calibration(experiment_.calibration, predictor,
                                             inputs_.split.validation.get(), communicator_);
  if (!fitted.calibration) return fitted;
  tell(fitted.text);
  save_weights(trained, fitted.calibration.get());
  return fitted;
}

void TrainJob::tell_inferred(const Inferred& inferred) {
  for (const std::string& warning : inferred.warnings) warn(warning);
  if (!inferred.figures.empty())
    tell(concat(fit_.inference().name(), "  ", text_of(inferred.figures)));
}

void TrainJob::write_profiles(const TrainReport& report) {
  if (!arguments_.profile) return;
  const double peak = peak_gflops({.threads = resources_.threads}).best;
  on_rank_zero(communicator_, [&] {  // of its own group's steps, which the others may not have
    const TrainReport::Session& session = report.session;
    if (session.steps == 0) return warn("--profile: no step was timed: there is no profile");
    const auto steps = static_cast<double>(session.steps);
    const double ranks = fit_.ranks_a_network();
    const ProfileOptions options{
        .steps = session.steps,
        .seconds = session.seconds,
        .examples_per_step = static_cast<double>(session.examples) / steps / ranks,
        .peak_gflops = peak};
    tell(profile_table(timeline_, fit_.model(), options));
    write_profile(records_->directory().profile(), make_profile(timeline_, fit_.model(), options));
  });
}

void TrainJob::finish(const Inferred& inferred, const Calibration* calibration, const Test& test) {
  on_rank_zero(communicator_, [&] {
    records_->save_weights(fit_, inferred, {}, calibration);  // nothing is to go on
    records_->finish(fit_, inferred, test);
  });
}

void TrainJob::save_weights(const Trained& trained, const Calibration* calibration) {
  on_rank_zero(communicator_,
               [&] { records_->save_weights(fit_, trained.inferred, trained.end, calibration); });
}

Predictor TrainJob::predictor_of(const char* name, const PredictOptions& options,
                                 const WeightSamples* samples) {
  Predictor predictor(fit_.model(), fit_.loss(), experiment_.seed, options, samples);
  if (records_) predictor.set_observer(show_predictions(records_->progress(), name));
  return predictor;
}

TrainJob::Test TrainJob::test_as(const char* name, Predictor predictor) {
  if (!inputs_.data.test) return {};
  communicator_.activity().set_phase("test");
  Test values = evaluate(predictor, *inputs_.data.test, communicator_);
  tell(concat(name, "  ", text_of(values)));
  return values;
}

void TrainJob::tell(const std::string& line) {
  if (records_) records_->tell(line);
}

void TrainJob::warn(const std::string& warning) {
  if (!records_) return;
  records_->progress().clear();
  log_warning(warning);
}

}  // namespace credence::cli
