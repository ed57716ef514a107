#include "credence/config/trained_model.h"

#include <algorithm>

#include "credence/base/log.h"
#include "credence/checkpoint/checkpoint_folder.h"
#include "credence/checkpoint/initial_weights.h"
#include "credence/comm/rank_zero.h"
#include "credence/config/config_file.h"
#include "credence/data/saved_units.h"
#include "credence/records/run_directory.h"

namespace credence {
namespace {

constexpr std::int64_t evaluation_batch = 250;

/// The posterior that a method of inference has found, and the calibration. DataError if the
/// checkpoint lacks them.
void take_posterior(TrainedModel& trained, const AuxiliaryTensors& auxiliary,
                    const std::string& run, bool is_complete) {
  const std::string file = trained.checkpoint.string();
  const std::string& method = trained.experiment.inference_name;
  const bool is_under_way = !auxiliary.progress.empty();
  try {
    trained.weights = load_weight_samples(auxiliary.posterior, trained.model->parameters());
    const bool lacks_posterior = method != "single" && !trained.weights;
    require<DataError>(!lacks_posterior || !is_under_way || is_complete,
                       "training has not ended, and ", method, " has no posterior before that; ",
                       "go on with credence train --resume ", run);
    require<DataError>(!lacks_posterior || !is_under_way, "expected the posterior of ", method,
                       ", found a training under way, before there is one; the run is complete: "
                       "choose its latest checkpoint");
    require<DataError>(!lacks_posterior, "the run's configuration says inference.type=", method,
                       ", and the checkpoint has no posterior");
    const CalibrationOptions& calibration = trained.experiment.calibration;
    const bool is_fitted =
        calibration.calibration != CalibrationMethod::none && !calibration.temperature;
    require<DataError>(!is_fitted || !is_under_way || !auxiliary.calibration.empty(), "expected ",
                       "the calibration that training fits at its end, found a training under ",
                       "way; predict.calibration=none leaves predictions as they are");
    trained.calibration = trained.experiment.predict_places.check([&] {
      return load_calibration(trained.experiment.calibration, trained.experiment.predict.interval,
                              auxiliary.calibration);
    });
  } catch (const DataError& error) {
    throw DataError(concat(file, ": ", error.what()));
  }
}

}  // namespace

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

TrainedModel load_run(const RunChoice& choice, Communicator& communicator) {
  for (const std::string& assignment : choice.overrides)
    require<ConfigError>(!assignment.starts_with("inference"), assignment,
                         ": inference is part of training, and the run has its posterior: train "
                         "again with another");
  const RunDirectory directory = RunDirectory::open(choice.run);
  TrainedModel trained;
  trained.experiment = read_experiment(load_config(directory.config().string(), choice.overrides));
  trained.data = load_data(trained.experiment, communicator);
  trained.model = std::make_unique<Model>(
      trained.experiment.make_graph(*trained.data.train),
      ModelOptions{.max_batch = evaluation_batch, .seed = trained.experiment.seed});
  trained.checkpoint = text_of_rank_zero(communicator, [&] {
    return choose_checkpoint(directory.path(), choice.checkpoint).string();
  });
  std::vector<NamedTensor> weights = named_values(trained.model->parameters());
  const AuxiliaryTensors auxiliary = load_weights(trained.checkpoint, weights);
  std::error_code error;
  const bool is_complete = std::filesystem::exists(directory.summary(), error);
  take_posterior(trained, auxiliary, choice.run, is_complete);
  if (communicator.rank() == 0 && !is_complete && choice.checkpoint.empty())
    log_warning(concat(choice.run, " is not complete: its weights are those of ",
                       trained.checkpoint.filename().string()));
  if (!choice.checkpoint.empty()) log_info("weights of " + trained.checkpoint.string());
  take_units(trained.data, auxiliary.data, trained.checkpoint.string());
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

TrainedModel load_run(const std::string& run, const std::vector<std::string>& overrides) {
  return load_run({.run = run, .overrides = overrides}, *self_communicator());
}

PredictOptions with_samples(PredictOptions options, const std::optional<std::int64_t>& samples) {
  if (samples) options.samples = *samples;
  return options;
}

Predictor make_predictor(const TrainedModel& trained, const std::optional<std::int64_t>& samples) {
  Predictor predictor(*trained.model, *trained.loss, trained.experiment.seed,
                      with_samples(trained.experiment.predict, samples), trained.weights.get());
  predictor.set_calibration(trained.calibration.get());
  return predictor;
}

Predictions predict(const TrainedModel& trained, const Dataset& inputs,
                    const std::optional<std::int64_t>& samples) {
  return make_predictor(trained, samples).predict(inputs, *self_communicator()).predictions;
}

}  // namespace credence
