#pragma once

#include "credence/cli/commands.h"
#include "credence/comm/topology.h"
#include "credence/config/experiment.h"
#include "credence/report/run_directory.h"

namespace credence::cli {

/// The ranks and threads of this job, with the number of threads set.
struct Resources {
  std::vector<RankPlace> places;
  int threads = 1;
};

/// Sets this rank's threads: as asked, or (0) as OMP_NUM_THREADS says, or its share of its CPUs.
/// Collective.
Resources set_up_threads(Communicator& communicator, int threads);

/// The data sets of an experiment. Rank 0 goes first, so that only it downloads. ConfigError if the
/// recipe names a metric that does not fit them. Collective.
DataSplits load_data(const Experiment& experiment, Communicator& communicator);

/// A trained network, and what it was trained on.
struct TrainedModel {
  Experiment experiment;
  DataSplits data;
  std::unique_ptr<Model> model;
  std::unique_ptr<Loss> loss;
};

/// The network of a run directory with the weights of its last checkpoint. Overrides change the
/// configuration it was trained with. DataError if the run has none. Collective.
TrainedModel load_run(const std::string& run, const std::vector<std::string>& overrides,
                      Communicator& communicator);

}  // namespace credence::cli
