#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "credence/tensor/parameter.h"

namespace credence {

/// Where a network's weights begin, if not as its initializers draw them.
struct InitialWeightsOptions {
  std::string from;           ///< run directory or checkpoint; empty: the initializers
  double relative_sigma = 0;  ///< sigma / |weight| of posteriors that have none there; 0: as made
};

/// What a checkpoint holds but for the optimizer's state: weights, and units of data.
struct TrainedWeights {
  std::filesystem::path file;
  std::vector<NamedTensor> tensors;
};

/// Those of a checkpoint, or of the last one of a run. DataError if there is none.
TrainedWeights read_trained_weights(const std::filesystem::path& checkpoint_or_run);

/// Gives a model trained weights, whether they and its own have posteriors or not:
///
///   x.weight -> x.weight_mu         and sigma = max(1e-4, relative_sigma |weight|), if that is set
///   x.weight_mu -> x.weight         the mean
///   the same kind                   as it is
///
/// and biases alike. A rho that comes from nowhere is otherwise left as it is.
///
/// Errors  DataError, naming the file, the tensor, what was expected and what came, for a tensor
///         that is missing, of another shape, or of no use; nothing is changed then.
/// Source  Krishnan et al. 2020, arXiv:1906.05323 (MOPED), for relative_sigma.
void begin_from(const TrainedWeights& trained, std::span<NamedTensor> model, double relative_sigma);

}  // namespace credence
