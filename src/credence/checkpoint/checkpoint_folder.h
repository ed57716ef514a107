#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "credence/base/log.h"
#include "credence/checkpoint/checkpoint.h"

namespace credence {

// A folder of checkpoints:
//
//   step-00001234.safetensors   one for each step at which the state was saved
//   latest                      the name of the newest
//   best                        the name of the best, where one is chosen

/// "step-00001234.safetensors".
std::string checkpoint_name(std::uint64_t step);

/// Writes a checkpoint under its name, and then that into `latest`, which so always names a whole
/// one. Returns the file. CreateError or IoError on failure.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory,
                                      std::span<const NamedTensor> model,
                                      std::span<const NamedTensor> optimizer,
                                      const CheckpointInfo& info);

/// Makes `best` name this checkpoint of its folder.
void mark_best(const std::filesystem::path& checkpoint);

using IsWhole = std::function<bool(const std::filesystem::path& checkpoint)>;

/// Whether every byte is as it was written. IoError if it cannot be read.
bool is_whole_checkpoint(const std::filesystem::path& checkpoint);

/// Removes the checkpoints that have `keep` whole ones after them, never those that `latest` and
/// `best` name: a damaged one replaces none. IoError.
void prune_checkpoints(const std::filesystem::path& directory, std::int64_t keep,
                       const IsWhole& is_whole = is_whole_checkpoint);

using Warn = std::function<void(std::string_view)>;

/// The checkpoint meant by a path: a file itself; of a directory of checkpoints, or of a run, the
/// latest one, read through and found whole. If that is damaged or missing, `warn` is told so, with
/// file and place, and it is the newest whole one before it. DataError if there is none.
std::filesystem::path find_checkpoint(const std::filesystem::path& path,
                                      const Warn& warn = log_warning);

/// One that a user has chosen of a run's: "best"; the name of a file, which may be one in its
/// folder of checkpoints; "latest", or empty, as find_checkpoint. DataError, with what there is, if
/// that is not there.
std::filesystem::path choose_checkpoint(const std::filesystem::path& run, const std::string& choice,
                                        const Warn& warn = log_warning);

/// The metadata of the checkpoint that `best` names, if it is whole; if it is not, `warn` is told.
std::optional<Metadata> best_metadata(const std::filesystem::path& directory,
                                      const Warn& warn = log_warning);

struct FoundTraining {
  std::filesystem::path file;
  Metadata metadata;
};

/// The newest checkpoint in a directory that is whole and of a training under way; none if there is
/// none, or no such directory. Of one that is damaged `warn` is told. DataError if all are.
std::optional<FoundTraining> find_training(const std::filesystem::path& directory,
                                           const Warn& warn = log_warning);

}  // namespace credence
