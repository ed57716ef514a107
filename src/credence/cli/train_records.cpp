#include "credence/cli/train_records.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include <unistd.h>

#include "credence/base/log.h"
#include "credence/base/sha256.h"
#include "credence/checkpoint/checkpoint_folder.h"
#include "credence/checkpoint/checkpoint_series.h"
#include "credence/checkpoint/weights_hash.h"
#include "credence/cli/header.h"
#include "credence/data/saved_units.h"
#include "credence/records/environment.h"
#include "credence/records/summary.h"

namespace credence::cli {
namespace {

/// The options of a recipe, with numbers where they are numbers.
std::vector<Field> hyperparameters(const Experiment& experiment) {
  std::vector<Field> fields;
  for (const auto& [key, type, value] : experiment.options) {
    if (key == "output" || key.starts_with("records.")) continue;
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    const bool is_number = !value.empty() && *end == '\0' &&
                           (type.starts_with("number") || type.starts_with("integer"));
    if (is_number)
      fields.push_back({key, number});
    else if (value == "true" || value == "false")
      fields.push_back({key, value == "true"});
    else
      fields.push_back({key, value == "\"\"" ? "" : value});
  }
  return fields;
}

}  // namespace

TrainRecords::TrainRecords(const Place& place, const Experiment& experiment,
                           const Resources& resources)
    : experiment_(experiment),
      resources_(resources),
      directory_(place.resumed.empty() ? RunDirectory::create(place.directory)
                                       : RunDirectory::open(place.resumed)),
      is_resumed_(!place.resumed.empty()),
      metrics_(directory_.metrics()),
      progress_(std::cout, progress_options(STDOUT_FILENO)),
      progress_observer_(progress_),
      metrics_observer_(metrics_, experiment.train.log_every_steps) {
  add_log_file(directory_.log());
  if (is_resumed_) {
    const auto saved = [this](const char* key) {
      return largest_saved(directory_.checkpoints(), key);
    };
    const std::int64_t kept = saved(metrics_bytes).value_or(0);
    if (metrics_.bytes() < kept)
      log_warning(concat(directory_.metrics().string(), ": expected ", kept,
                         " bytes or more at the checkpoint, got ", metrics_.bytes(),
                         ": records are lost, and will be missing from curves"));
    metrics_.truncate(kept);
    if (const std::optional<std::int64_t> step = saved("step"))
      log_info(concat("going on from step ", *step));
    else
      log_warning(concat(directory_.path().string(),
                         ": no checkpoint to go on from; training begins anew"));
  }
  EnvironmentOptions environment{.command_line = place.command_line,
                                 .mpi_library = CommWorld::library(),
                                 .data_files = experiment.data_files()};
  for (const RankPlace& rank : resources.places) environment.hosts.push_back(rank.host);
  for (const Oversubscription& each : find_oversubscription(resources.places))
    environment.oversubscribed.push_back(each.text());
  if (!is_resumed_) directory_.write_config(experiment.resolved);
  directory_.write_environment(environment_json(environment));
}

std::vector<Observer*> TrainRecords::observers() {
  std::vector<Observer*> observers{&progress_observer_, &metrics_observer_};
  std::ranges::copy(run_records_->observers(), std::back_inserter(observers));
  return observers;
}

void TrainRecords::tell(const std::string& line) {
  progress_.finish_line(line);
  log_to_files(line);
}

void TrainRecords::write_header(Fit& fit) {
  const Model& model = fit.model();
  const auto ranks = static_cast<std::int64_t>(resources_.places.size());
  const double learning_rate = fit.options().learning_rate;
  std::vector<Field> fields{{"model", model.name()},
                            {"dataset", experiment_.data_name},
                            {"parameters", model.parameter_count()},
                            {"ranks", ranks},
                            {"threads_per_rank", static_cast<std::int64_t>(resources_.threads)},
                            {"global_batch_size", fit.global_batch()},
                            {"learning_rate", learning_rate},
                            {"seed", static_cast<std::int64_t>(experiment_.seed)}};
  if (experiment_.inference_name != "hmc") {  // whose steps are trajectories
    fields.push_back({"epochs", fit.options().epochs});
    fields.push_back({"steps_per_epoch", fit.steps_per_epoch()});
  }
  if (metrics_.bytes() == 0) metrics_.write(MetricsEvent::header, fields);
  const DistributedSection& distributed = experiment_.distributed;
  const Compression* const compression = distributed.compression.get();
  const Senders senders = senders_of(fit);
  const std::string header =
      job_header(experiment_, resources_, fit.ranks_a_network(), learning_rate) +
      traffic_text(compression, senders) + '\n' + layer_table(model) + '\n' +
      option_table(experiment_);
  log_to_files(header);
  std::cout << header << '\n' << "run directory " << directory_.path().string() << std::endl;
  if (!model.is_bayesian())
    for (const ConfigPlace& place : experiment_.of_posterior)
      log_warning(place.locate("has no effect: no layer has a posterior"));
  if (fit.inference().steps() == Steps::none)
    for (const ConfigPlace& place : experiment_.of_optimizer)
      log_warning(place.locate(
          concat("has no effect: ", fit.inference().name(), " takes no steps of an optimizer")));
  const std::string no_savings =
      fit.ranks_a_network() > 1 ? traffic_warning(compression, senders) : "";
  if (!no_savings.empty()) log_warning(no_savings);
  if (distributed.deterministic &&
      !virtual_shards(distributed.shards(), 0, fit.ranks_a_network()).are_used())
    log_warning(concat("distributed.deterministic has no effect: expected 1, 2, 4, ... ",
                       distributed.virtual_shards, " ranks (distributed.virtual_shards), got ",
                       fit.ranks_a_network(), "; sums over these agree to rounding"));
  const std::string warning = warning_of(resources_);
  if (!warning.empty()) log_warning(warning);
  run_records_.emplace(experiment_.records,
                       RecordedRun{.directory = directory_,
                                   .model = model,
                                   .recipe = experiment_.resolved,
                                   .hyperparameters = hyperparameters(experiment_),
                                   .every_steps = experiment_.train.log_every_steps,
                                   .moves_weights = fit.inference().steps() != Steps::none});
}

Senders TrainRecords::senders_of(Fit& fit) const {
  return cli::senders_of(experiment_.distributed, resources_, fit.ranks_a_network(),
                         static_cast<double>(fit.model().gradients().size()));
}

void TrainRecords::save_weights(Fit& fit, const Inferred& inferred,
                                const CheckpointSeries::End& end, const Calibration* calibration) {
  std::vector<NamedTensor> tensors = named_values(fit.model().parameters());
  const auto add = [&](std::vector<NamedTensor> more) {
    std::ranges::move(more, std::back_inserter(tensors));
  };
  add(units_to_save(fit.data()));
  if (inferred.weights) add(as_posterior(inferred.weights->state()));
  if (calibration) add(as_calibration(calibration->state()));
  add(as_progress(end.progress));
  save_checkpoint(directory_.checkpoints(), tensors, inferred.optimizer_state,
                  {.step = static_cast<std::uint64_t>(inferred.report.steps),
                   .epoch = static_cast<std::uint64_t>(inferred.report.epochs),
                   .seed = experiment_.seed,
                   .config_hash = text_sha256(experiment_.resolved),
                   .more = end.metadata});
}

void TrainRecords::finish(Fit& fit, const Inferred& inferred, const std::vector<NamedValue>& test) {
  const TrainReport& report = inferred.report;
  Summary summary;
  summary.model = fit.model().name();
  summary.dataset = experiment_.data_name;
  summary.seed = experiment_.seed;
  summary.ranks = static_cast<int>(resources_.places.size());
  summary.threads_per_rank = resources_.threads;
  summary.parameters = fit.model().parameter_count();
  summary.epochs = report.epochs;
  summary.steps = report.steps;
  summary.train_seconds = report.train_seconds;
  summary.samples_per_sec = report.samples_per_sec();
  summary.peak_rss_bytes = peak_rss_bytes();
  summary.weights_sha256 = weights_sha256(fit.model().parameters());
  if (fit.ranks_a_network() > 1 && report.session.steps > 0) {
    const Senders senders = senders_of(fit);
    summary.communication = {
        {"bytes_per_step", report.session.bytes_sent / static_cast<double>(report.session.steps)},
        {"float32_bytes_per_step", NoCompression().bytes(senders.gradients, senders.ranks)}};
  }
  summary.inference = inferred.figures;
  summary.test = test;
  write_summary(directory_.summary(), summary);
  run_records_->finish(report.steps, test);
  tell("wrote " + directory_.path().string());
}

}  // namespace credence::cli
