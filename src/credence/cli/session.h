#pragma once

#include <optional>

#include "credence/cli/commands.h"
#include "credence/comm/topology.h"
#include "credence/config/experiment.h"
#include "credence/report/run_directory.h"

namespace credence::cli {

/// The ranks and threads of this job, with the number of threads set.
struct Resources {
  std::vector<RankPlace> places;
  int threads = 1;
  bool threads_asked = false;  ///< whether someone asked for that many
};

/// Sets this rank's threads: as asked, or (0) as OMP_NUM_THREADS says, or its share of its CPUs.
/// Quietly: without the warning, for a caller that gives it itself, once there is a log.
/// Collective.
Resources set_up_threads_quietly(Communicator& communicator, int threads);
/// The same, and warns.
Resources set_up_threads(Communicator& communicator, int threads);

/// UsageError unless --samples, if given, is a number of draws.
void check_samples(const std::optional<std::int64_t>& samples);

/// A recipe's PredictOptions with the weight draws that --samples asks for, if it does.
PredictOptions with_samples(PredictOptions options, const std::optional<std::int64_t>& samples);

/// Of threads that share CPUs, and of CPUs that the launcher keeps from them; empty if all is well.
std::string warning_of(const Resources& resources);

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
};

/// The network of a run directory with the weights of its last checkpoint, and data in the units
/// that were saved with them. Overrides change the configuration it was trained with. DataError if
/// the run has none. Collective.
TrainedModel load_run(const std::string& run, const std::vector<std::string>& overrides,
                      Communicator& communicator);

/// Where the recipe begins from trained weights: gives the network these, and its priors their
/// centres.
void begin_from_weights(TrainedModel& made);
/// Gives the priors of a trained network the centres that they had in training.
void centre_priors(TrainedModel& trained);

}  // namespace credence::cli
