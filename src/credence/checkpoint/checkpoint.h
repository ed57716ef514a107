#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "credence/checkpoint/safetensors.h"
#include "credence/tensor/parameter.h"

namespace credence {

/// What a checkpoint says beside its tensors, in the file's metadata.
struct CheckpointInfo {
  std::uint64_t step = 0;   ///< optimizer steps taken
  std::uint64_t epoch = 0;  ///< epochs completed
  std::uint64_t seed = 0;
  std::string config_hash = {};
  Metadata more = {};  ///< counters of others, under their own keys
};

/// Type and shape, for messages: "float32 [64, 784]".
std::string kind(const Tensor& tensor);

/// The values of the parameters, sharing memory.
std::vector<NamedTensor> named_values(std::span<Parameter* const> parameters);

/// "step-00001234.safetensors".
std::string checkpoint_name(std::uint64_t step);

/// Writes <directory>/step-XXXXXXXX.safetensors, and then its name into <directory>/latest, so that
/// `latest` always names a whole checkpoint. The optimizer's tensors are stored as
/// "optimizer.<name>". Returns the file. CreateError or IoError on failure.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory,
                                      std::span<const NamedTensor> model,
                                      std::span<const NamedTensor> optimizer,
                                      const CheckpointInfo& info);

/// What a checkpoint has beside the tensors of a model and an optimizer.
struct SavedBeside {
  std::vector<NamedTensor> data;         ///< "data.<name>": of the data
  std::vector<NamedTensor> posterior;    ///< "posterior.<name>", without the prefix: of the weights
  std::vector<NamedTensor> calibration;  ///< "calibration.<name>", likewise: of the predictions
  std::vector<NamedTensor> progress;     ///< "progress.<name>", likewise: of the training under way
};

/// The same for a model alone, whatever optimizer state or metadata the file has.
SavedBeside load_weights(const std::filesystem::path& file, std::span<NamedTensor> model);

/// A training that was under way.
struct SavedTraining {
  CheckpointInfo info;
  std::vector<NamedTensor> progress;
};

/// Copies a checkpoint into the tensors of a model and an optimizer. DataError, naming the tensor,
/// what was expected and what came, unless the file has these tensors with these shapes and types,
/// and no others but those beside them; nothing is copied then.
SavedTraining load_training(const std::filesystem::path& file, std::span<NamedTensor> model,
                            std::span<NamedTensor> optimizer);

/// The metadata of a file that a training can go on from; none if it is damaged, or of a training
/// that has ended.
std::optional<Metadata> metadata_of_training(const std::filesystem::path& file);

/// Whether a tensor of that name is one of those beside a model's.
bool is_beside_weights(const std::string& name);

/// The tensors of a posterior under the names that a checkpoint has for them.
std::vector<NamedTensor> as_posterior(std::vector<NamedTensor> tensors);
/// The same of a calibration, and of a training under way.
std::vector<NamedTensor> as_calibration(std::vector<NamedTensor> tensors);
std::vector<NamedTensor> as_progress(std::vector<NamedTensor> tensors);

/// The checkpoint meant by a path: a file itself; of a directory of checkpoints, or of a run, the
/// latest one. DataError if there is none.
std::filesystem::path find_checkpoint(const std::filesystem::path& path);

/// The checkpoints in a directory, the newest first. IoError if it cannot be read.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& directory);

/// Makes <directory>/best name this checkpoint there.
void mark_best(const std::filesystem::path& checkpoint);

/// Removes all but the last `keep` checkpoints, never those that `latest` and `best` name. IoError.
void prune_checkpoints(const std::filesystem::path& directory, std::int64_t keep);

}  // namespace credence
