#include "credence/cli/scale_runs.h"

#include <algorithm>
#include <sstream>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/signals.h"
#include "credence/base/text.h"
#include "credence/scaling/read_run.h"

namespace credence::cli {
namespace {

namespace fs = std::filesystem;

/// Training, and as little as can be besides: no records, no checkpoint on the way, tests of one
/// draw.
constexpr const char* bare[] = {
    "train.epochs=1",           "train.log_every_steps=0",   "train.validation.samples=1",
    "predict.samples=1",        "predict.calibration=none",  "checkpoint.every_minutes=0",
    "checkpoint.every_steps=0", "checkpoint.every_epochs=0", "checkpoint.best=\"\"",
    "records.histograms=false", "records.tensorboard=false", "records.mlflow=false"};

/// The program's own code where it has given one: a launcher tells of signals by others.
ExitCode code_of(const ChildEnd& end, std::int64_t ranks) {
  for (const ExitCode code : {ExitCode::usage, ExitCode::data, ExitCode::internal,
                              ExitCode::cannot_create, ExitCode::io, ExitCode::config})
    if (end.code() == static_cast<int>(code)) return code;
  return ranks > 1 ? ExitCode::comm : ExitCode::internal;
}

/// While an EndRequests lives.
ChildEnd run_child(const std::vector<std::string>& command, std::string& said) {
  constexpr std::size_t kept = 64 * 1024;
  const auto take = [&](std::string_view text) {
    said += text;
    if (said.size() > 2 * kept) said.erase(0, said.size() - kept);
  };
  ChildProcess child({.command = command, .on_output = take, .on_errors = take});
  constexpr double look_s = 0.2, grace_s = 5;
  while (true) {
    if (const auto end = child.wait(look_s)) return *end;
    if (EndRequests::signal() == 0) continue;
    child.end(grace_s);
    throw Interrupted(EndRequests::signal(), "asked to end");
  }
}

}  // namespace

std::string last_words(const std::string& text) {
  constexpr std::size_t most_lines = 4;
  std::istringstream stream(text);
  std::vector<std::string> own, all;
  for (std::string line; std::getline(stream, line);) {
    constexpr std::string_view mark = "credence: ";
    if (line.starts_with(mark)) own.push_back(line.substr(mark.size()));
    if (line.find_first_not_of(" -\r") != std::string::npos) all.push_back(line);
  }
  std::vector<std::string>& lines = own.empty() ? all : own;
  if (lines.size() > most_lines)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most_lines));
  return lines.empty() ? "nothing" : join(lines, " / ");
}

fs::path ScaleRuns::directory_of(const PlannedRun& run) const {
  return options_.output / "runs" / run.name();
}

std::vector<std::string> ScaleRuns::command_of(const PlannedRun& run) const {
  const auto recipe =
      std::ranges::find(options_.recipes, run.recipe, &std::pair<std::string, std::string>::first);
  const fs::path directory = directory_of(run);
  std::vector<std::string> command{fs::read_symlink("/proc/self/exe").string(), "train",
                                   recipe->second};
  for (const std::string& word : options_.overrides)
    if (!word.starts_with("train.batch_size=") && !word.starts_with("train.global_batch_size="))
      command.push_back(word);
  command.insert(command.end(), std::begin(bare), std::end(bare));
  for (const std::string& word :
       {concat("train.global_batch_size=", run.global_batch),
        concat("train.steps_per_epoch=", options_.warm_up + options_.steps),
        std::string("--threads"), std::to_string(options_.threads), std::string("--output"),
        directory.string(), std::string("--trace"), (directory / scaling_trace).string()})
    command.push_back(word);
  if (!options_.launcher) return command;
  return launch_command(*options_.launcher, {.ranks = static_cast<int>(run.ranks),
                                             .hosts = options_.hosts,
                                             .bind_to = options_.bind_to,
                                             .command = command});
}

ScalingRun ScaleRuns::read(const PlannedRun& run) const {
  ScalingRun result = read_scaling_run(directory_of(run), options_.warm_up);
  require<DataError>(result.ranks == run.ranks && result.global_batch == run.global_batch,
                     directory_of(run).string(), ": expected ", run.ranks,
                     " ranks with a global batch of ", run.global_batch, ", got ", result.ranks,
                     " with ", result.global_batch);
  result.recipe = run.recipe;
  result.repetition = run.repetition;
  return result;
}

std::optional<ScalingRun> ScaleRuns::find(const PlannedRun& run) const {
  if (!fs::exists(directory_of(run))) return {};
  try {
    return read(run);
  } catch (const Error&) {
    return {};  // it was cut short
  }
}

ScalingRun ScaleRuns::train(const PlannedRun& run) const {
  const fs::path directory = directory_of(run);
  make_directories(directory.parent_path());
  std::error_code error;
  fs::remove_all(directory, error);
  std::string said;
  const ChildEnd end = run_child(command_of(run), said);
  if (end.code() != 0)
    throw Error(code_of(end, run.ranks), concat("run ", run.name(), " has failed with exit code ",
                                                end.code(), ": ", last_words(said)));
  fs::remove_all(directory / "checkpoints", error);  // of weights that are hardly trained
  return read(run);
}

}  // namespace credence::cli
