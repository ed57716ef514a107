#include "credence/checkpoint/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <system_error>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/text.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view optimizer_prefix = "optimizer.", data_prefix = "data.",
                           posterior_prefix = "posterior.", calibration_prefix = "calibration.",
                           progress_prefix = "progress.";
constexpr std::string_view name_prefix = "step-", name_suffix = ".safetensors";
constexpr const char *latest = "latest", *best = "best";

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<NamedTensor> with_optimizer(std::span<const NamedTensor> model,
                                        std::span<const NamedTensor> optimizer) {
  std::vector<NamedTensor> tensors(model.begin(), model.end());
  for (const NamedTensor& tensor : tensors)
    require<InternalError>(!tensor.name.starts_with(optimizer_prefix), "checkpoint: the name \"",
                           tensor.name, "\" of a weight is one for optimizer state");
  for (const auto& [name, tensor] : optimizer)
    tensors.push_back({std::string(optimizer_prefix) + name, tensor});
  return tensors;
}

/// Copies `source` into `destination`, which must have the same names, shapes and types.
void copy_exactly(const fs::path& file, std::span<const NamedTensor> source,
                  std::span<NamedTensor> destination) {
  std::map<std::string, const Tensor*> found;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : source) {
    found[name] = &tensor;
    names.push_back(name);
  }
  for (const auto& [name, tensor] : destination) {
    const auto same = found.find(name);
    require<DataError>(same != found.end(), file.string(), ": expected tensor \"", name, "\", ",
                       kind(tensor), ", found none; the closest is \"", closest(name, names), "\"");
    require<DataError>(kind(*same->second) == kind(tensor), file.string(), ": tensor \"", name,
                       "\": expected ", kind(tensor), ", got ", kind(*same->second));
  }
  std::map<std::string, const Tensor*> extra = found;
  for (const NamedTensor& tensor : destination) extra.erase(tensor.name);
  if (!extra.empty())
    throw DataError(concat(file.string(), ": expected the model's ", destination.size(),
                           " tensors, got ", source.size(), ", among them \"", extra.begin()->first,
                           "\", ", kind(*extra.begin()->second)));
  for (auto& [name, tensor] : destination) tensor.copy_from(*found.at(name));
}

/// The keys of the metadata that are Credence's own.
template <class AnyInfo, class Visitor>
void visit_counters(AnyInfo& info, Visitor&& visit) {
  visit("step", info.step);
  visit("epoch", info.epoch);
  visit("seed", info.seed);
}

CheckpointInfo info_of(const fs::path& file, Metadata metadata) {
  const auto take = [&](const std::string& key) {
    const auto entry = metadata.extract(key);
    require<DataError>(!entry.empty(), file.string(), ": expected metadata \"", key,
                       "\", found none; is this a checkpoint of Credence?");
    return entry.mapped();
  };
  CheckpointInfo info;
  visit_counters(info, [&](const char* key, std::uint64_t& counter) {
    const std::string text = take(key);
    const auto number = whole_number(text);
    require<DataError>(number.has_value(), file.string(), ": metadata \"", key,
                       "\": expected a whole number, got \"", text, "\"");
    counter = *number;
  });
  info.config_hash = take("config_hash");
  info.more = std::move(metadata);
  return info;
}

std::optional<std::uint64_t> step_of(const std::string& name) {
  if (!name.starts_with(name_prefix) || !name.ends_with(name_suffix)) return std::nullopt;
  const std::string_view text = name;
  return whole_number(
      text.substr(name_prefix.size(), text.size() - name_prefix.size() - name_suffix.size()));
}

/// The name in <directory>/latest, or another such file; empty if there is none.
std::string name_in(const fs::path& directory, const char* file = latest) {
  std::error_code error;
  if (!fs::exists(directory / file, error)) return {};
  std::string name = read_file(directory / file);
  name.erase(name.find_last_not_of(" \n\r\t") + 1);
  require<DataError>(step_of(name).has_value(), (directory / file).string(),
                     ": expected the name of a checkpoint, got \"", name, "\"");
  return name;
}

/// Checkpoints with their steps, the oldest first.
std::vector<std::pair<std::uint64_t, fs::path>> files_in(const fs::path& directory) {
  std::vector<std::pair<std::uint64_t, fs::path>> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (const auto step = step_of(entry.path().filename().string()))
      files.emplace_back(*step, entry.path());
  require<IoError>(!error || !fs::exists(directory), directory.string(),
                   ": cannot read: ", error.message());
  std::ranges::sort(files);
  return files;
}

/// Takes from a file's tensors those beside a model's. A layer may be called "data".
SavedBeside take_beside(std::vector<NamedTensor>& tensors, std::span<const NamedTensor> model) {
  SavedBeside beside;
  const auto take = [&](std::string_view prefix, std::vector<NamedTensor>& taken) {
    const auto stays = [&](const NamedTensor& tensor) {
      return !tensor.name.starts_with(prefix) ||
             std::ranges::count(model, tensor.name, &NamedTensor::name) > 0;
    };
    const auto gone = std::stable_partition(tensors.begin(), tensors.end(), stays);
    taken.assign(gone, tensors.end());
    tensors.erase(gone, tensors.end());
  };
  take(data_prefix, beside.data);
  take(posterior_prefix, beside.posterior);
  take(calibration_prefix, beside.calibration);
  take(progress_prefix, beside.progress);
  for (NamedTensor& tensor : beside.posterior) tensor.name.erase(0, posterior_prefix.size());
  for (NamedTensor& tensor : beside.calibration) tensor.name.erase(0, calibration_prefix.size());
  for (NamedTensor& tensor : beside.progress) tensor.name.erase(0, progress_prefix.size());
  return beside;
}

std::vector<NamedTensor> with_prefix(std::string_view prefix, std::vector<NamedTensor> tensors) {
  for (NamedTensor& tensor : tensors) tensor.name.insert(0, prefix);
  return tensors;
}

}  // namespace

std::string kind(const Tensor& tensor) {
  return concat(name_of(tensor.dtype()), " ", tensor.shape());
}

std::vector<NamedTensor> named_values(std::span<Parameter* const> parameters) {
  std::vector<NamedTensor> values;
  for (Parameter* parameter : parameters) values.push_back({parameter->name, parameter->value});
  return values;
}

std::string checkpoint_name(std::uint64_t step) {
  char digits[24];
  std::snprintf(digits, sizeof(digits), "%08llu", static_cast<unsigned long long>(step));
  return concat(name_prefix, digits, name_suffix);
}

fs::path save_checkpoint(const fs::path& directory, std::span<const NamedTensor> model,
                         std::span<const NamedTensor> optimizer, const CheckpointInfo& info) {
  Metadata metadata = info.more;
  const auto add = [&](const char* key, std::string value) {
    require<InternalError>(metadata.emplace(key, std::move(value)).second,
                           "checkpoint: metadata key \"", key, "\" is Credence's own");
  };
  visit_counters(
      info, [&](const char* key, std::uint64_t counter) { add(key, std::to_string(counter)); });
  add("config_hash", info.config_hash);

  create_directories(directory);
  const std::string name = checkpoint_name(info.step);
  write_safetensors(directory / name, with_optimizer(model, optimizer), metadata);
  write_file(directory / latest, name + "\n");
  return directory / name;
}

SavedTraining load_training(const fs::path& file, std::span<NamedTensor> model,
                            std::span<NamedTensor> optimizer) {
  SafetensorsFile content = read_safetensors(file);
  CheckpointInfo info = info_of(file, std::move(content.metadata));
  auto destination = with_optimizer(model, optimizer);
  SavedBeside beside = take_beside(content.tensors, destination);
  copy_exactly(file, content.tensors, destination);
  return {.info = std::move(info), .progress = std::move(beside.progress)};
}

std::optional<Metadata> metadata_of_training(const fs::path& file) {
  try {
    SafetensorsFile content = read_safetensors(file);
    if (std::ranges::none_of(content.tensors, [](const NamedTensor& tensor) {
          return tensor.name.starts_with(progress_prefix);
        }))
      return std::nullopt;
    return std::move(content.metadata);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

bool is_beside_weights(const std::string& name) {
  return name.starts_with(data_prefix) || name.starts_with(posterior_prefix) ||
         name.starts_with(calibration_prefix) || name.starts_with(progress_prefix);
}

SavedBeside load_weights(const fs::path& file, std::span<NamedTensor> model) {
  SafetensorsFile content = read_safetensors(file);
  std::erase_if(content.tensors, [](const NamedTensor& tensor) {
    return tensor.name.starts_with(optimizer_prefix);
  });
  SavedBeside beside = take_beside(content.tensors, model);
  copy_exactly(file, content.tensors, model);
  return beside;
}

std::vector<NamedTensor> as_posterior(std::vector<NamedTensor> tensors) {
  return with_prefix(posterior_prefix, std::move(tensors));
}

std::vector<NamedTensor> as_calibration(std::vector<NamedTensor> tensors) {
  return with_prefix(calibration_prefix, std::move(tensors));
}

std::vector<NamedTensor> as_progress(std::vector<NamedTensor> tensors) {
  return with_prefix(progress_prefix, std::move(tensors));
}

fs::path find_checkpoint(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    require<DataError>(fs::exists(path, error), path.string(),
                       ": expected a checkpoint or a run directory, found none");
    return path;
  }
  for (const fs::path& directory : {path, path / "checkpoints"}) {
    const std::string name = name_in(directory);
    if (name.empty()) continue;
    require<DataError>(fs::exists(directory / name, error), (directory / latest).string(),
                       ": names ", name, ", which is missing");
    return directory / name;
  }
  throw DataError(concat(path.string(), ": expected a file \"latest\" in it or in checkpoints/, ",
                         "found none; has this run written a checkpoint?"));
}

std::vector<fs::path> checkpoints_in(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& [step, file] : files_in(directory)) found.insert(found.begin(), file);
  return found;
}

void mark_best(const fs::path& checkpoint) {
  write_file(checkpoint.parent_path() / best, checkpoint.filename().string() + "\n");
}

void prune_checkpoints(const fs::path& directory, std::int64_t keep) {
  require<InternalError>(keep >= 1, "checkpoint: expected to keep at least 1, got ", keep);
  auto files = files_in(directory);
  const std::size_t kept = std::min(files.size(), static_cast<std::size_t>(keep));
  files.resize(files.size() - kept);
  const std::string last = name_in(directory), least = name_in(directory, best);
  for (const auto& [step, file] : files) {
    if (file.filename() == last || file.filename() == least) continue;
    std::error_code error;
    fs::remove(file, error);
    require<IoError>(!error, file.string(), ": cannot be removed: ", error.message());
  }
}

}  // namespace credence
