#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "credence/config/experiment.h"
#include "credence/predict/predictor.h"

namespace credence {

/// The data sets of an experiment. Rank 0 goes first, so that only it downloads. ConfigError if the
/// recipe names a metric that does not fit them. Collective.
DataSplits load_data(const Experiment& experiment, Communicator& communicator);

/// Gives the data in the units that were saved with trained weights. DataError as from
/// in_saved_units.
void take_units(DataSplits& data, std::span<const NamedTensor> saved, const std::string& where);

/// A trained network, and what it was trained on.
struct TrainedModel {
  Experiment experiment;
  DataSplits data;
  std::unique_ptr<Model> model;
  std::unique_ptr<Loss> loss;
  std::unique_ptr<WeightSamples> weights;    ///< null: the model's own are all
  std::unique_ptr<Calibration> calibration;  ///< null: predictions stay as they are
  std::filesystem::path checkpoint;          ///< whose weights they are
};

/// Which network of a run directory is meant.
struct RunChoice {
  std::string run;
  std::vector<std::string> overrides{};  ///< of the configuration that it was trained with
  std::string checkpoint{};              ///< as of choose_checkpoint; empty: the last one
};

/// The network of a run directory with the weights of a checkpoint, and data in the units that were
/// saved with them. DataError if the run has none, or not that one. Collective.
TrainedModel load_run(const RunChoice& choice, Communicator& communicator);
/// The same, with those of the last one, by this process alone.
TrainedModel load_run(const std::string& run, const std::vector<std::string>& overrides = {});

/// Where the recipe begins from trained weights: gives the network these, and its priors their
/// centres.
void begin_from_weights(TrainedModel& made);
/// Gives the priors of a trained network the centres that they had in training.
void centre_priors(TrainedModel& trained);

/// A recipe's PredictOptions with so many weight draws, if a number is given.
PredictOptions with_samples(PredictOptions options, const std::optional<std::int64_t>& samples);

/// Predicts as the run's recipe says, with so many weight draws if a number is given, and
/// calibrated as it was trained to be. The trained network must outlive it.
Predictor make_predictor(const TrainedModel& trained,
                         const std::optional<std::int64_t>& samples = {});
/// All that it predicts of inputs (data/inputs.h), by this process alone. Not to be called from two
/// threads at once: the network's memory serves one.
Predictions predict(const TrainedModel& trained, const Dataset& inputs,
                    const std::optional<std::int64_t>& samples = {});

}  // namespace credence
