#include "credence/checkpoint/checkpoint_folder.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/text.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_prefix = "step-", name_suffix = ".safetensors";
constexpr const char *latest = "latest", *best = "best";

std::optional<std::uint64_t> step_of(const std::string& name) {
  if (!name.starts_with(name_prefix) || !name.ends_with(name_suffix)) return std::nullopt;
  const std::string_view text = name;
  return to_whole_number(
      text.substr(name_prefix.size(), text.size() - name_prefix.size() - name_suffix.size()));
}

/// The name in <directory>/latest, or another such file; empty if there is none.
std::string name_in(const fs::path& directory, const char* file) {
  std::error_code error;
  if (!fs::exists(directory / file, error)) return {};
  std::string name = read_file(directory / file);
  name.erase(name.find_last_not_of(" \n\r\t") + 1);
  require<DataError>(step_of(name).has_value(), (directory / file).string(),
                     ": expected the name of a checkpoint, got \"", name, "\"");
  return name;
}

struct StepFile {
  std::uint64_t step;
  fs::path path;
  auto operator<=>(const StepFile&) const = default;
};

/// The checkpoints in a directory, the newest first; none if there is no such directory.
std::vector<StepFile> checkpoints_in(const fs::path& directory) {
  std::vector<StepFile> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    if (const auto step = step_of(entry->path().filename().string()))
      files.push_back({*step, entry->path()});
  std::error_code ignored;
  require<IoError>(!error || !fs::is_directory(directory, ignored), directory.string(),
                   ": cannot read: ", error.message());
  std::ranges::sort(files, std::greater());
  return files;
}

/// For messages: "step-00000009.safetensors, latest, best", or "none".
std::string names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& [step, file] : checkpoints_in(directory)) names.push_back(file.filename());
  std::error_code error;
  for (const char* name : {latest, best})
    if (fs::exists(directory / name, error)) names.emplace_back(name);
  return names.empty() ? "none" : join(names);
}

/// The checkpoint that `latest` names, or, if that is damaged, the newest whole one before it, or,
/// if there is none of that name, of all.
fs::path find_whole(const fs::path& directory, const Warn& warn) {
  std::string reasons;
  const auto passes = [&reasons](auto&& check) {
    try {
      check();
      return true;
    } catch (const DataError& reason) {
      reasons += concat(reasons.empty() ? "" : "\n", reason.what());
      return false;
    }
  };
  std::string name;
  const bool is_named = passes([&] {
    name = name_in(directory, latest);
    require<DataError>(!name.empty(), directory.string(),
                       ": expected a file \"latest\", found none");
    std::error_code ignored;
    require<DataError>(fs::exists(directory / name, ignored), (directory / latest).string(),
                       ": names ", name, ", which is missing");
  });
  if (is_named && passes([&] { check_checkpoint(directory / name); })) return directory / name;
  for (const auto& [step, file] : checkpoints_in(directory)) {
    if (is_named && step >= *step_of(name)) continue;
    if (!passes([&path = file] { check_checkpoint(path); })) continue;
    warn(concat(reasons, "\ngoing on with ", file.string(), ", the newest whole one"));
    return file;
  }
  throw DataError(concat(reasons, "; there is no whole checkpoint ", is_named ? "before it" : "",
                         is_named ? "" : "in " + directory.string()));
}

}  // namespace

std::string checkpoint_name(std::uint64_t step) {
  return fmt::format("{}{:08}{}", name_prefix, step, name_suffix);
}

fs::path save_checkpoint(const fs::path& directory, std::span<const NamedTensor> model,
                         std::span<const NamedTensor> optimizer, const CheckpointInfo& info) {
  make_directories(directory);
  const std::string name = checkpoint_name(info.step);
  write_checkpoint(directory / name, model, optimizer, info);
  write_file(directory / latest, name + "\n");
  return directory / name;
}

void mark_best(const fs::path& checkpoint) {
  write_file(checkpoint.parent_path() / best, checkpoint.filename().string() + "\n");
}

bool is_whole_checkpoint(const fs::path& checkpoint) {
  try {
    check_checkpoint(checkpoint);
    return true;
  } catch (const DataError&) {
    return false;
  }
}

void prune_checkpoints(const fs::path& directory, std::int64_t keep, const IsWhole& is_whole) {
  require<InternalError>(keep >= 1, "checkpoint: expected to keep at least 1, got ", keep);
  const std::string newest = name_in(directory, latest), chosen = name_in(directory, best);
  std::int64_t whole = 0;
  for (const auto& [step, file] : checkpoints_in(directory)) {
    if (whole < keep) {
      if (is_whole(file)) ++whole;
      continue;
    }
    if (file.filename() == newest || file.filename() == chosen) continue;
    std::error_code error;
    fs::remove(file, error);
    require<IoError>(!error, file.string(), ": cannot be removed: ", error.message());
  }
}

fs::path find_checkpoint(const fs::path& path, const Warn& warn) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    require<DataError>(fs::exists(path, error), path.string(),
                       ": expected a checkpoint or a run directory, found none");
    return path;
  }
  for (const fs::path& directory : {path, path / "checkpoints"})
    if (fs::exists(directory / latest, error) || !checkpoints_in(directory).empty())
      return find_whole(directory, warn);
  const bool has_members = fs::exists(path / "checkpoints" / "member-1", error);
  throw DataError(concat(path.string(), ": expected a file \"latest\" in it or in checkpoints/, ",
                         has_members ? "found members of an ensemble that is still in training; go "
                                       "on with credence train --resume"
                                     : "found none; has this run written a checkpoint?"));
}

fs::path choose_checkpoint(const fs::path& run, const std::string& choice, const Warn& warn) {
  if (choice.empty() || choice == latest) return find_checkpoint(run, warn);
  const fs::path directory = run / "checkpoints";
  std::error_code error;
  if (choice == best) {
    const std::string name = name_in(directory, best);
    const bool has_members = fs::exists(directory / "member-1", error);
    require<DataError>(!name.empty(), directory.string(), ": expected a file \"best\", which ",
                       has_members ? "members of an ensemble have one by one, for model.weights"
                                   : "checkpoint.best=val_nll or so makes training keep",
                       ", found ", names_in(directory));
    require<DataError>(fs::exists(directory / name, error), (directory / best).string(), ": names ",
                       name, ", which is missing, of ", names_in(directory));
    return directory / name;
  }
  for (const fs::path& file : {directory / choice, fs::path(choice)})
    if (fs::is_regular_file(file, error)) return file;
  throw DataError(
      concat(choice, ": expected \"latest\", \"best\" or a checkpoint's file, which is ",
             "neither here nor in ", directory.string(), ": there found ", names_in(directory)));
}

std::optional<Metadata> best_metadata(const fs::path& directory, const Warn& warn) {
  try {
    const std::string name = name_in(directory, best);
    if (name.empty()) return std::nullopt;
    return check_checkpoint(directory / name).metadata;
  } catch (const DataError& reason) {
    warn(concat(reason.what(), "; which was the best is not known: the next is taken for it"));
    return std::nullopt;
  }
}

std::optional<FoundTraining> find_training(const fs::path& directory, const Warn& warn) {
  std::string damage;
  for (const auto& [step, file] : checkpoints_in(directory)) {
    try {
      CheckedFile checked = check_checkpoint(file);
      if (!checked.is_under_way) continue;
      if (!damage.empty()) warn(concat(damage, "\ngoing on from ", file.string()));
      return FoundTraining{.file = file, .metadata = std::move(checked.metadata)};
    } catch (const DataError& reason) {
      damage += concat(damage.empty() ? "" : "\n", reason.what());
    }
  }
  require<DataError>(damage.empty(), damage, "; there is no whole checkpoint to go on from");
  return std::nullopt;
}

}  // namespace credence
