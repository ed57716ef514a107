#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "credence/base/log.h"
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

/// Copies a checkpoint into the tensors of a model and an optimizer. DataError, naming the tensor,
/// what was expected and what came, unless the file has these tensors with these shapes and types,
/// and no others, and checksums that are right; nothing is copied then.
CheckpointInfo load_checkpoint(const std::filesystem::path& file, std::span<NamedTensor> model,
                               std::span<NamedTensor> optimizer);

/// What a checkpoint has beside the tensors of a model and an optimizer.
struct SavedBeside {
  std::vector<NamedTensor> data;         ///< "data.<name>": of the data
  std::vector<NamedTensor> posterior;    ///< "posterior.<name>", without the prefix: of the weights
  std::vector<NamedTensor> calibration;  ///< "calibration.<name>", likewise: of the predictions
};

/// The same for a model alone, whatever optimizer state or metadata the file has. One that another
/// program wrote needs no checksums.
SavedBeside load_weights(const std::filesystem::path& file, std::span<NamedTensor> model);

/// Whether a tensor of that name is one of those beside a model's.
bool is_beside_weights(const std::string& name);

/// The tensors of a posterior under the names that a checkpoint has for them.
std::vector<NamedTensor> as_posterior(std::vector<NamedTensor> tensors);
/// The same of a calibration.
std::vector<NamedTensor> as_calibration(std::vector<NamedTensor> tensors);

using Warn = std::function<void(std::string_view)>;

/// The checkpoint meant by a path: a file itself; of a directory of checkpoints, or of a run, the
/// latest one, read through and found whole. If that is damaged or missing, `warn` is told so, with
/// file and place, and it is the newest whole one before it. DataError if there is none.
std::filesystem::path find_checkpoint(const std::filesystem::path& path,
                                      const Warn& warn = log_warning);

/// Removes all but the last `keep` checkpoints, never the one that `latest` names. IoError.
void prune_checkpoints(const std::filesystem::path& directory, int keep);

}  // namespace credence
