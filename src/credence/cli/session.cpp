#include "credence/cli/session.h"

#include <cstdlib>

#include "credence/base/log.h"
#include "credence/checkpoint/checkpoint_folder.h"
#include "credence/checkpoint/initial_weights.h"
#include "credence/comm/launcher.h"
#include "credence/comm/rank_zero.h"
#include "credence/config/config_file.h"
#include "credence/data/saved_units.h"
#include "credence/kernels/parallel.h"

namespace credence::cli {
namespace {

constexpr std::int64_t evaluation_batch = 250;

}  // namespace

Resources set_up_threads_quietly(Communicator& communicator, int threads) {
  require<UsageError>(threads >= 0,
                      "--threads: expected 1 or more (0: the rank's share of the cores), got ",
                      threads);
  Resources resources;
  const int share = default_threads(communicator);
  const char* const openmp = std::getenv("OMP_NUM_THREADS");
  if (threads == 0 && openmp) threads = std::atoi(openmp);
  resources.threads = threads > 0 ? threads : share;
  resources.threads_asked = threads > 0;
  resources.places = all_places(communicator, this_place(resources.threads));
  set_thread_count(resources.threads);
  return resources;
}

Resources set_up_threads(Communicator& communicator, int threads) {
  Resources resources = set_up_threads_quietly(communicator, threads);
  const std::string warning = warning_of(resources);
  if (!warning.empty()) log_warning(warning);
  return resources;
}

void check_samples(const std::optional<std::int64_t>& samples) {
  try {
    with_samples({}, samples).check();
  } catch (const ConfigError& error) {
    throw UsageError(concat("--samples: ", error.what()));
  }
}

PredictOptions with_samples(PredictOptions options, const std::optional<std::int64_t>& samples) {
  if (samples) options.samples = *samples;
  return options;
}

std::string warning_of(const Resources& resources) {
  std::string warning = oversubscription_warning(resources.places);
  // Whoever asks for few threads does not want more CPUs.
  if (resources.threads_asked && warning.empty()) return "";
  const std::string bound = binding_warning(resources.places, find_launcher().name);
  return warning + (warning.empty() || bound.empty() ? "" : "\n") + bound;
}

DataSplits load_data(const Experiment& experiment, Communicator& communicator) {
  on_rank_zero(communicator, experiment.fetch_data);
  DataSplits data = experiment.load_data();
  experiment.check_metrics(*data.train);
  experiment.check_predictions(*data.train);
  return data;
}

void take_units(DataSplits& data, std::span<const NamedTensor> saved, const std::string& where) {
  for (auto* part : {&data.train, &data.test})
    if (*part) *part = in_saved_units(*part, saved, where);
}

TrainedModel load_run(const std::string& run, const std::vector<std::string>& overrides,
                      Communicator& communicator) {
  for (const std::string& assignment : overrides)
    require<ConfigError>(!assignment.starts_with("inference"), assignment,
                         ": inference is part of training, and the run has its posterior: train "
                         "again with another");
  const RunDirectory directory = RunDirectory::open(run);
  TrainedModel trained;
  trained.experiment = read_experiment(load_config(directory.config().string(), overrides));
  trained.data = load_data(trained.experiment, communicator);
  trained.model = std::make_unique<Model>(
      trained.experiment.make_graph(*trained.data.train),
      ModelOptions{.max_batch = evaluation_batch, .seed = trained.experiment.seed});
  std::vector<NamedTensor> weights = named_values(trained.model->parameters());
  const std::filesystem::path checkpoint = find_checkpoint(directory.path());
  const SavedBeside beside = load_weights(checkpoint, weights);
  try {
    trained.weights = load_weight_samples(beside.posterior, trained.model->parameters());
    trained.calibration = trained.experiment.predict_places.check([&] {
      return load_calibration(trained.experiment.calibration, trained.experiment.predict.interval,
                              beside.calibration);
    });
  } catch (const DataError& error) {
    throw DataError(concat(checkpoint.string(), ": ", error.what()));
  }
  const std::string& method = trained.experiment.inference_name;
  require<DataError>(method == "single" || trained.weights, checkpoint.string(),
                     ": the run's configuration says inference.type=", method,
                     ", and the checkpoint has no posterior");
  take_units(trained.data, beside.data, checkpoint.string());
  trained.loss = trained.experiment.make_loss(*trained.model, *trained.data.train);
  return trained;
}

void begin_from_weights(TrainedModel& made) {
  const InitialWeightsOptions& initial = made.experiment.weights;
  if (initial.from.empty()) return;
  std::vector<NamedTensor> weights = named_values(made.model->parameters());
  begin_from(read_trained_weights(initial.from), weights, initial.relative_sigma);
  made.model->centre_priors();
}

void centre_priors(TrainedModel& trained) {
  if (std::ranges::none_of(trained.model->beliefs(),
                           [](const Belief& belief) { return belief.prior->is_centred(); }))
    return;
  const SavedValues own(trained.model->parameters());
  begin_from_weights(trained);
  own.restore();
}

}  // namespace credence::cli
