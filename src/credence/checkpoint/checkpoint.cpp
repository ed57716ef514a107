#include "credence/checkpoint/checkpoint.h"

#include <algorithm>
#include <map>
#include <optional>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view optimizer_prefix = "optimizer.", data_prefix = "data.",
                           posterior_prefix = "posterior.", calibration_prefix = "calibration.",
                           progress_prefix = "progress.";

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
    const auto number = to_whole_number(text);
    require<DataError>(number.has_value(), file.string(), ": metadata \"", key,
                       "\": expected a whole number, got \"", text, "\"");
    counter = *number;
  });
  info.config_hash = take("config_hash");
  info.more = std::move(metadata);
  return info;
}

/// Whether write_checkpoint() made the file: a network's weights may come from elsewhere.
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

/// Takes from a file's tensors those that are not the model's. A layer may be called "data".
AuxiliaryTensors take_auxiliary(std::vector<NamedTensor>& tensors,
                                std::span<const NamedTensor> model) {
  AuxiliaryTensors auxiliary;
  const auto take = [&](std::string_view prefix, std::vector<NamedTensor>& taken) {
    const auto stays = [&](const NamedTensor& tensor) {
      return !tensor.name.starts_with(prefix) ||
             std::ranges::count(model, tensor.name, &NamedTensor::name) > 0;
    };
    const auto gone = std::stable_partition(tensors.begin(), tensors.end(), stays);
    taken.assign(gone, tensors.end());
    tensors.erase(gone, tensors.end());
  };
  take(data_prefix, auxiliary.data);
  take(posterior_prefix, auxiliary.posterior);
  take(calibration_prefix, auxiliary.calibration);
  take(progress_prefix, auxiliary.progress);
  for (NamedTensor& tensor : auxiliary.posterior) tensor.name.erase(0, posterior_prefix.size());
  for (NamedTensor& tensor : auxiliary.calibration) tensor.name.erase(0, calibration_prefix.size());
  for (NamedTensor& tensor : auxiliary.progress) tensor.name.erase(0, progress_prefix.size());
  return auxiliary;
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

void write_checkpoint(const fs::path& file, std::span<const NamedTensor> model,
                      std::span<const NamedTensor> optimizer, const CheckpointInfo& info) {
  Metadata metadata = info.more;
  const auto add = [&](const char* key, std::string value) {
    require<InternalError>(metadata.emplace(key, std::move(value)).second,
                           "checkpoint: metadata key \"", key, "\" is Credence's own");
  };
  visit_counters(
      info, [&](const char* key, std::uint64_t counter) { add(key, std::to_string(counter)); });
  add("config_hash", info.config_hash);
  write_safetensors(file, with_optimizer(model, optimizer), metadata);
}

SavedTraining load_training(const fs::path& file, std::span<NamedTensor> model,
                            std::span<NamedTensor> optimizer) {
  SafetensorsFile content = read_safetensors(file);
  require_checksums(file, content);
  CheckpointInfo info = info_of(file, std::move(content.metadata));
  auto destination = with_optimizer(model, optimizer);
  AuxiliaryTensors auxiliary = take_auxiliary(content.tensors, destination);
  copy_exactly(file, content.tensors, destination);
  return {.info = std::move(info), .progress = std::move(auxiliary.progress)};
}

CheckedFile check_checkpoint(const fs::path& file) {
  SafetensorsFile content = check_safetensors(file);
  if (is_own(content.metadata)) require_checksums(file, content);
  const bool is_under_way = std::ranges::any_of(content.tensors, [](const NamedTensor& tensor) {
    return tensor.name.starts_with(progress_prefix);
  });
  return {.metadata = std::move(content.metadata), .is_under_way = is_under_way};
}

bool is_auxiliary(const std::string& name) {
  return name.starts_with(data_prefix) || name.starts_with(posterior_prefix) ||
         name.starts_with(calibration_prefix) || name.starts_with(progress_prefix);
}

AuxiliaryTensors load_weights(const fs::path& file, std::span<NamedTensor> model) {
  SafetensorsFile content = read_safetensors(file);
  if (is_own(content.metadata)) require_checksums(file, content);
  std::erase_if(content.tensors, [](const NamedTensor& tensor) {
    return tensor.name.starts_with(optimizer_prefix);
  });
  AuxiliaryTensors auxiliary = take_auxiliary(content.tensors, model);
  copy_exactly(file, content.tensors, model);
  return auxiliary;
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

}  // namespace credence
