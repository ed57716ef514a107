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
                           posterior_prefix = "posterior.", calibration_prefix = "calibration.";
constexpr std::string_view name_prefix = "step-", name_suffix = ".safetensors";
constexpr const char* latest = "latest";

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

/// Whether save_checkpoint() made the file: a network's weights may come from elsewhere.
bool is_own(const Metadata& metadata) {
  bool has_any = metadata.contains("config_hash");
  CheckpointInfo info;
  visit_counters(info,
                 [&](const char* key, auto&) { has_any = has_any || metadata.contains(key); });
  return has_any;
}

void require_checksums(const fs::path& file, const SafetensorsFile& content) {
  require<DataError>(content.has_checksums, file.string(),
                     ": expected the checksums that a checkpoint of Credence has, found none; was "
                     "it changed by another program, or written by an older version?");
}

std::optional<std::uint64_t> step_of(const std::string& name) {
  if (!name.starts_with(name_prefix) || !name.ends_with(name_suffix)) return std::nullopt;
  const std::string_view text = name;
  return whole_number(
      text.substr(name_prefix.size(), text.size() - name_prefix.size() - name_suffix.size()));
}

/// The name in <directory>/latest; empty if there is none.
std::string latest_name(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory / latest, error)) return {};
  std::string name = read_file(directory / latest);
  name.erase(name.find_last_not_of(" \n\r\t") + 1);
  require<DataError>(step_of(name).has_value(), (directory / latest).string(),
                     ": expected the name of a checkpoint, got \"", name, "\"");
  return name;
}

/// The checkpoints in a directory by their step; none if there is no such directory.
std::vector<std::pair<std::uint64_t, fs::path>> checkpoints_in(const fs::path& directory) {
  std::vector<std::pair<std::uint64_t, fs::path>> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    if (const auto step = step_of(entry->path().filename().string()))
      files.emplace_back(*step, entry->path());
  std::error_code ignored;
  require<IoError>(!error || !fs::is_directory(directory, ignored), directory.string(),
                   ": cannot read: ", error.message());
  std::sort(files.begin(), files.end());
  return files;
}

/// DataError unless every byte of the checkpoint is as it was written.
void require_whole(const fs::path& file) {
  const SafetensorsFile content = check_safetensors(file);
  if (is_own(content.metadata)) require_checksums(file, content);
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
    name = latest_name(directory);
    require<DataError>(!name.empty(), directory.string(),
                       ": expected a file \"latest\", found none");
    std::error_code ignored;
    require<DataError>(fs::exists(directory / name, ignored), (directory / latest).string(),
                       ": names ", name, ", which is missing");
  });
  if (is_named && passes([&] { require_whole(directory / name); })) return directory / name;
  auto others = checkpoints_in(directory);
  if (is_named)
    std::erase_if(others, [&](const auto& other) { return other.first >= *step_of(name); });
  for (auto other = others.rbegin(); other != others.rend(); ++other) {
    if (!passes([&] { require_whole(other->second); })) continue;
    warn(concat(reasons, "\ngoing on with ", other->second.string(), ", the newest whole one"));
    return other->second;
  }
  throw DataError(concat(reasons, "; there is no whole checkpoint ", is_named ? "before it" : "",
                         is_named ? "" : "in " + directory.string()));
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

CheckpointInfo load_checkpoint(const fs::path& file, std::span<NamedTensor> model,
                               std::span<NamedTensor> optimizer) {
  SafetensorsFile content = read_safetensors(file);
  require_checksums(file, content);
  CheckpointInfo info = info_of(file, std::move(content.metadata));
  auto destination = with_optimizer(model, optimizer);
  copy_exactly(file, content.tensors, destination);
  return info;
}

bool is_beside_weights(const std::string& name) {
  return name.starts_with(data_prefix) || name.starts_with(posterior_prefix) ||
         name.starts_with(calibration_prefix);
}

SavedBeside load_weights(const fs::path& file, std::span<NamedTensor> model) {
  SafetensorsFile content = read_safetensors(file);
  if (is_own(content.metadata)) require_checksums(file, content);
  std::erase_if(content.tensors, [](const NamedTensor& tensor) {
    return tensor.name.starts_with(optimizer_prefix);
  });
  SavedBeside beside;
  const auto take = [&](std::string_view prefix, std::vector<NamedTensor>& taken) {
    // A layer may be called "data".
    const auto stays = [&](const NamedTensor& tensor) {
      return !tensor.name.starts_with(prefix) ||
             std::ranges::count(model, tensor.name, &NamedTensor::name) > 0;
    };
    const auto gone = std::stable_partition(content.tensors.begin(), content.tensors.end(), stays);
    taken.assign(gone, content.tensors.end());
    content.tensors.erase(gone, content.tensors.end());
  };
  take(data_prefix, beside.data);
  take(posterior_prefix, beside.posterior);
  take(calibration_prefix, beside.calibration);
  for (NamedTensor& tensor : beside.posterior) tensor.name.erase(0, posterior_prefix.size());
  for (NamedTensor& tensor : beside.calibration) tensor.name.erase(0, calibration_prefix.size());
  copy_exactly(file, content.tensors, model);
  return beside;
}

std::vector<NamedTensor> as_posterior(std::vector<NamedTensor> tensors) {
  for (NamedTensor& tensor : tensors) tensor.name.insert(0, posterior_prefix);
  return tensors;
}

std::vector<NamedTensor> as_calibration(std::vector<NamedTensor> tensors) {
  for (NamedTensor& tensor : tensors) tensor.name.insert(0, calibration_prefix);
  return tensors;
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
  throw DataError(concat(path.string(), ": expected a file \"latest\" in it or in checkpoints/, ",
                         "found none; has this run written a checkpoint?"));
}

void prune_checkpoints(const fs::path& directory, int keep) {
  require<InternalError>(keep >= 1, "checkpoint: expected to keep at least 1, got ", keep);
  const std::string last = latest_name(directory);
  auto files = checkpoints_in(directory);
  const std::size_t kept = std::min(files.size(), static_cast<std::size_t>(keep));
  files.resize(files.size() - kept);
  try {
    for (const auto& [step, file] : files)
      if (file.filename() != last) fs::remove(file);
  } catch (const fs::filesystem_error& error) {
    throw IoError(concat("checkpoint: cannot remove old ones: ", error.what()));
  }
}

}  // namespace credence
