#include "credence/cli/resume.h"

#include <sstream>

#include "credence/base/file_lock.h"
#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/checkpoint/checkpoint_folder.h"
#include "credence/comm/rank_zero.h"
#include "credence/config/config_file.h"
#include "credence/records/run_course.h"
#include "credence/records/run_directory.h"

namespace credence::cli {
namespace {

namespace fs = std::filesystem;

/// Trained and tested, and its weights are whole.
bool is_complete(const fs::path& run) {
  const RunDirectory directory = RunDirectory::open(run);
  std::error_code error;
  if (!fs::exists(directory.summary(), error)) return false;
  if (!fs::exists(directory.checkpoints() / "latest", error)) return true;  // taken away since
  bool is_whole = true;
  const auto is_damaged = [&](std::string_view reason) {
    log_warning(reason);
    is_whole = false;
  };
  find_checkpoint(directory.path(), is_damaged);
  return is_whole;
}

/// ConfigError, with the first line that differs, unless the run has been configured so.
void require_same(const std::string& resolved, const RunDirectory& run) {
  std::istringstream ours(resolved), theirs(read_file(run.config()));
  std::string asked, had;
  while (true) {
    const bool more = static_cast<bool>(std::getline(ours, asked));
    const bool more_there = static_cast<bool>(std::getline(theirs, had));
    if (!more && !more_there) return;
    require<ConfigError>(more == more_there && asked == had, "--resume auto: ", run.path().string(),
                         " was configured otherwise: expected \"", had, "\", got \"", asked,
                         "\"; begin a new run, from its weights by model.weights if need be");
  }
}

/// A batch system that starts a job again at once may do so while a process of the one before still
/// holds its files, such as on a node that failed. If that lasts, opening them is the error.
void wait_for_writer(const RunDirectory& run) {
  LockWait wait;
  wait.on_wait = [&, limit_s = wait.limit_s] {
    log_info(concat("waiting for another process that writes ", run.path().string(), ", up to ",
                    limit_s, " s"));
  };
  wait_until_unlocked(run.metrics(), wait);
}

/// The run directory that a training goes on in; empty: a new one begins.
fs::path run_to_go_on(const TrainTargetOptions& options, const Experiment& experiment) {
  fs::path run = options.output.empty() ? experiment.output : options.output;
  const bool is_given = !run.empty();
  if (!is_given) run = RunDirectory::newest({.recipe = options.recipe});
  std::error_code error;
  if (run.empty() || !fs::exists(run / "config.yaml", error)) return {};
  if (!is_given && is_complete(run)) return {};
  require_same(experiment.resolved, RunDirectory::open(run));
  wait_for_writer(RunDirectory::open(run));
  if (!is_given && is_complete(run)) return {};  // by now
  return run;
}

bool is_complete(const std::string& run, Communicator& communicator) {
  return !text_of_rank_zero(communicator, [&] { return is_complete(run) ? "yes" : ""; }).empty();
}

/// Batches stay as they were, on however many ranks it goes on.
void keep_batches(TrainTarget& target, Communicator& communicator) {
  TrainSection& train = target.experiment.train;
  if (target.resumed.empty() || train.global_batch_size) return;
  const std::string begun_on = text_of_rank_zero(communicator, [&] {
    const RunCourse course = course_of(RunDirectory::open(target.resumed).metrics());
    return std::to_string(course.global_batch_size / train.batch_size.value_or(64));
  });
  train.begun_on_ranks = std::stoi(begun_on);
}

TrainTarget target_of(const TrainTargetOptions& options, Communicator& communicator) {
  const bool is_named = !options.resume.empty() && options.resume != "auto";
  if (is_named) {
    require<UsageError>(options.recipe.empty() && options.overrides.empty(), "--resume ",
                        options.resume,
                        " goes on as that run was configured: leave out the recipe, overrides and "
                        "--output");
    require<UsageError>(options.output.empty(), "--resume ", options.resume,
                        " goes on in that directory: leave out --output");
    const RunDirectory run = RunDirectory::open(options.resume);
    return {.experiment = read_experiment(load_config(run.config().string(), {})),
            .resumed = run.path().string(),
            .is_complete = is_complete(run.path().string(), communicator)};
  }
  require<UsageError>(!options.recipe.empty(), "expected a recipe, such as recipes/*.yaml",
                      options.resume.empty() ? "" : ": --resume auto needs it to begin with");
  TrainTarget target{.experiment = read_experiment(load_config(options.recipe, options.overrides))};
  if (options.resume.empty()) return target;
  target.resumed = text_of_rank_zero(
      communicator, [&] { return run_to_go_on(options, target.experiment).string(); });
  if (!target.resumed.empty()) target.is_complete = is_complete(target.resumed, communicator);
  return target;
}

}  // namespace

TrainTarget find_target(const TrainTargetOptions& options, Communicator& communicator) {
  TrainTarget target = target_of(options, communicator);
  keep_batches(target, communicator);
  return target;
}

}  // namespace credence::cli
