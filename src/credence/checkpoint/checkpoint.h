#pragma once

#include <cstdint>
#include <filesystem>
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

/// Writes the tensors of a model, and the optimizer's as "optimizer.<name>". CreateError or IoError
/// on failure.
void write_checkpoint(const std::filesystem::path& file, std::span<const NamedTensor> model,
                      std::span<const NamedTensor> optimizer, const CheckpointInfo& info);

/// The tensors of a checkpoint that are neither a model's nor an optimizer's.
struct AuxiliaryTensors {
  std::vector<NamedTensor> data;         ///< "data.<name>": of the data
  std::vector<NamedTensor> posterior;    ///< "posterior.<name>", without the prefix: of the weights
  std::vector<NamedTensor> calibration;  ///< "calibration.<name>", likewise: of the predictions
  std::vector<NamedTensor> progress;     ///< "progress.<name>", likewise: of the training under way
};

/// Copies a file into the tensors of a model alone, whatever optimizer state or metadata the file
/// has. One that another program wrote needs no checksums.
AuxiliaryTensors load_weights(const std::filesystem::path& file, std::span<NamedTensor> model);

/// A training that was under way.
struct SavedTraining {
  CheckpointInfo info;
  std::vector<NamedTensor> progress;
};

/// Copies a checkpoint into the tensors of a model and an optimizer. DataError, naming the tensor,
/// what was expected and what came, unless the file has these tensors with these shapes and types,
/// no others but auxiliary ones, and checksums that are right; nothing is copied then.
SavedTraining load_training(const std::filesystem::path& file, std::span<NamedTensor> model,
                            std::span<NamedTensor> optimizer);

struct CheckedFile {
  Metadata metadata;
  bool is_under_way = false;  ///< a training can go on from it
};

/// Reads a file through. DataError unless every byte is as it was written.
CheckedFile check_checkpoint(const std::filesystem::path& file);

/// Whether a tensor of that name is one of AuxiliaryTensors.
bool is_auxiliary(const std::string& name);

/// The tensors of a posterior under the names that a checkpoint has for them.
std::vector<NamedTensor> as_posterior(std::vector<NamedTensor> tensors);
/// The same of a calibration, and of a training under way.
std::vector<NamedTensor> as_calibration(std::vector<NamedTensor> tensors);
std::vector<NamedTensor> as_progress(std::vector<NamedTensor> tensors);

}  // namespace credence
