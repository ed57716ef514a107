#include "credence/checkpoint/checkpoint_series.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "credence/base/errors.h"
#include "credence/base/log.h"
#include "credence/base/signals.h"
#include "credence/base/text.h"
#include "credence/checkpoint/checkpoint_folder.h"

namespace credence {
namespace {

constexpr const char* best_key = "best_value";

void warn_of_failure(const std::function<void()>& save) {
  try {
    save();
  } catch (const Error& error) {
    log_warning(concat("a checkpoint was not saved, or old ones were not removed: ", error.what(),
                       "; those before it stay, and training goes on"));
  }
}

}  // namespace

void check(const CheckpointOptions& options) {
  require<ConfigError>(options.every_steps >= 0, "expected every_steps of 0 or more, got ",
                       options.every_steps);
  require<ConfigError>(options.every_epochs >= 0, "expected every_epochs of 0 or more, got ",
                       options.every_epochs);
  require<ConfigError>(options.every_minutes >= 0 && std::isfinite(options.every_minutes),
                       "expected every_minutes of 0 or more, got ", options.every_minutes);
  require<ConfigError>(options.keep >= 1, "expected keep of 1 or more, got ", options.keep);
}

void check_best(const CheckpointOptions& options, std::vector<std::string> figures) {
  if (options.best.empty()) return;
  std::erase_if(figures,
                [](const std::string& name) { return better_of_epoch(name) == Better::neither; });
  require<ConfigError>(std::ranges::find(figures, options.best) != figures.end(),
                       "checkpoint.best: expected a figure of an epoch, one of ", join(figures),
                       ", got ", options.best);
}

std::optional<std::int64_t> largest_saved(const std::filesystem::path& directory,
                                          const std::string& key) {
  std::vector<std::filesystem::path> folders{directory};
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_directory(error)) folders.push_back(entry->path());
  std::optional<std::int64_t> largest;
  for (const std::filesystem::path& folder : folders) {
    const std::optional<FoundTraining> found = find_training(folder, [](std::string_view) {});
    if (!found || !found->metadata.contains(key)) continue;
    const std::optional<std::uint64_t> number = to_whole_number(found->metadata.at(key));
    require<DataError>(number.has_value(), found->file.string(), ": metadata \"", key,
                       "\": expected a whole number, got \"", found->metadata.at(key), "\"");
    largest = std::max(largest.value_or(0), static_cast<std::int64_t>(*number));
  }
  return largest;
}

CheckpointSeries::CheckpointSeries(Parts parts)
    : parts_(std::move(parts)), best_(parts_.options.best) {}

CheckpointSeries::~CheckpointSeries() = default;

CheckpointRequest CheckpointSeries::request(bool ends_epoch) {
  // At the end of an epoch it is decided what is the best, and of that only what is on disk counts.
  if (begun_ && (!writer_->is_busy() || (ends_epoch && begun_->is_best))) settle();
  const std::chrono::duration<double> since = Clock::now() - last_;
  const double minutes = parts_.options.every_minutes;
  const bool is_time = parts_.writes && minutes > 0 && since.count() >= 60 * minutes;
  const bool is_asked = SaveRequests::take();
  return {.save = is_time || is_asked ? 1.0 : 0.0,
          .announce = is_asked ? 1.0 : 0.0,
          .end = EndRequests::signal() != 0 || (is_asked && parts_.warning_ends) ? 1.0 : 0.0,
          .best_failed = best_.take_failure() ? 1.0 : 0.0};
}

void CheckpointSeries::agree(const CheckpointRequest& request) {
  agreed_ = request;
  if (agreed_.best_failed > 0) best_.take_back();
}

bool CheckpointSeries::is_due(const TrainingPosition& position) const {
  const auto every = [](std::int64_t number, std::int64_t period) {
    return period > 0 && number % period == 0;
  };
  return agreed_.save > 0 || (position.ends_training && parts_.saves_end) || agreed_.end > 0 ||
         best_.is_improved_by(position.best) || every(position.step, parts_.options.every_steps) ||
         (position.ends_epoch && every(position.epoch, parts_.options.every_epochs));
}

void CheckpointSeries::save(const TrainingPosition& position, std::span<const NamedTensor> model,
                            std::span<const NamedTensor> optimizer,
                            std::span<const NamedTensor> progress) {
  last_ = Clock::now();
  settle();
  const bool is_best = best_.is_improved_by(position.best);
  if (is_best) best_.begin(*position.best);
  if (!parts_.writes) return;
  CheckpointInfo info{.step = static_cast<std::uint64_t>(position.step),
                      .epoch = static_cast<std::uint64_t>(position.epoch),
                      .seed = parts_.seed,
                      .config_hash = parts_.config_hash};
  if (parts_.facts) info.more = parts_.facts();
  if (best_.saved()) info.more[best_key] = fmt::format("{}", *best_.saved());
  std::vector<NamedTensor> all(model.begin(), model.end());
  std::ranges::copy(parts_.auxiliary, std::back_inserter(all));
  std::ranges::move(as_progress({progress.begin(), progress.end()}), std::back_inserter(all));
  if (!writer_) start_writer();
  begun_ = {.step = position.step, .is_best = is_best, .is_announced = agreed_.announce > 0};
  is_saved_ = is_marked_ = false;
  warn_of_failure([&] { writer_->begin(all, optimizer, info, is_best); });
}

void CheckpointSeries::start_writer() {
  const auto is_whole = [this](const std::filesystem::path& file) {
    const auto known = is_whole_.find(file);
    if (known != is_whole_.end()) return known->second;
    return is_whole_[file] = is_whole_checkpoint(file);
  };
  const auto written = [this, is_whole](const std::filesystem::path& file, bool is_best) {
    is_saved_ = is_whole_[file] = true;
    if (is_best) mark_best(file);
    is_marked_ = is_best;
    prune_checkpoints(parts_.directory, parts_.options.keep, is_whole);
  };
  writer_ = std::make_unique<CheckpointWriter>(parts_.directory, written);
}

void CheckpointSeries::settle() {
  warn_of_failure([this] { finish(); });
}

void CheckpointSeries::finish() {
  if (!begun_) return;
  const Begun begun = *std::exchange(begun_, std::nullopt);
  std::exception_ptr failure;
  try {
    writer_->finish();
  } catch (...) {
    failure = std::current_exception();
  }
  if (begun.is_best && !is_marked_) best_.fail();
  if (begun.is_announced && is_saved_ && parts_.tell)
    parts_.tell(concat(
        "checkpoint saved after step ", begun.step, ": ",
        (parts_.directory / checkpoint_name(static_cast<std::uint64_t>(begun.step))).string()));
  if (failure) std::rethrow_exception(failure);
}

void CheckpointSeries::end(std::vector<NamedTensor> progress) {
  end_ = {.progress = std::move(progress), .metadata = parts_.facts ? parts_.facts() : Metadata()};
  if (best_.saved()) end_.metadata[best_key] = fmt::format("{}", *best_.saved());
}

std::unique_ptr<CheckpointSeries> CheckpointSeries::of_member(std::int64_t member,
                                                              bool writes) const {
  Parts own = parts_;
  own.directory /= concat("member-", member + 1);
  own.writes = writes;
  own.saves_end = true;
  return std::make_unique<CheckpointSeries>(std::move(own));
}

std::filesystem::path CheckpointSeries::find() const {
  if (!parts_.resumes) return {};
  const std::optional<FoundTraining> found = find_training(parts_.directory);
  return found ? found->file : std::filesystem::path();
}

std::string CheckpointSeries::find_best() const {
  if (parts_.options.best.empty()) return {};
  const std::optional<Metadata> metadata = best_metadata(parts_.directory);
  if (!metadata || !metadata->contains(best_key)) return {};
  return metadata->at(best_key);
}

void CheckpointSeries::set_best(const std::string& figure) {
  best_.set(figure.empty() ? std::nullopt : std::optional(std::strtod(figure.c_str(), nullptr)));
}

SavedTraining CheckpointSeries::load(const std::filesystem::path& file,
                                     std::span<NamedTensor> model,
                                     std::span<NamedTensor> optimizer) {
  SavedTraining saved = load_training(file, model, optimizer);
  if (parts_.writes && saved.info.config_hash != parts_.config_hash)
    log_warning(concat(file.string(), " was saved under another configuration than that of this ",
                       "run now: was config.yaml changed?"));
  return saved;
}

}  // namespace credence
