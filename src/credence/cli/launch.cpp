#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "credence/base/log.h"
#include "credence/base/text.h"
#include "credence/cli/commands.h"
#include "credence/cli/restart.h"
#include "credence/comm/launcher.h"

namespace credence::cli {
namespace {

struct LaunchArguments {
  int ranks = 0;
  std::string hosts;
  std::string on_failure = "stop";
  int max_restarts = 3;
  std::optional<double> deadline_s;
  double silence_s = 5;
  std::string bind_to = "none";
  std::string launcher;
  std::vector<std::string> launcher_options;
  std::string heartbeats;
};

void check(const LaunchArguments& arguments) {
  const auto one_of = [](const char* option, const std::string& value,
                         const std::vector<std::string>& known) {
    require<UsageError>(std::ranges::count(known, value) > 0, option, ": expected ",
                        join(known, ", "), ", got \"", value, "\"");
  };
  const auto seconds = [](const char* option, double value, double least) {
    require<UsageError>(value >= least && std::isfinite(value), option, ": expected ", least,
                        " seconds or more, got ", value);
  };
  one_of("--on-failure", arguments.on_failure, {"stop", "restart"});
  one_of("--bind-to", arguments.bind_to, {"none", "core", "socket", "numa"});
  seconds("--deadline", arguments.deadline_s.value_or(0), 0);
  seconds("--silence", arguments.silence_s, 2);
  require<UsageError>(arguments.max_restarts >= 0, "--max-restarts: expected 0 or more, got ",
                      arguments.max_restarts);
}

/// As -n says, else as many as the hosts take, or the allocation of Slurm.
int ranks_of(const LaunchArguments& arguments, const std::vector<HostRanks>& hosts) {
  const int places =
      std::accumulate(hosts.begin(), hosts.end(), 0,
                      [](int sum, const HostRanks& host) { return sum + host.ranks; });
  if (arguments.ranks != 0) {
    require<UsageError>(arguments.ranks > 0, "-n: expected 1 or more, got ", arguments.ranks);
    require<UsageError>(hosts.empty() || arguments.ranks <= places, "-n: the hosts take ",
                        counted(places, "rank"), ", got ", arguments.ranks);
    return arguments.ranks;
  }
  if (places > 0) return places;
  const char* const tasks = std::getenv("SLURM_NTASKS");
  const auto number = to_whole_number(tasks == nullptr ? "" : tasks);
  require<UsageError>(number && *number >= 1, "launch: expected the number of ranks, as in -n 4");
  return static_cast<int>(*number);
}

/// What the ranks run: what stands behind `--`.
std::vector<std::string> command_of(const std::vector<std::string>& command_line) {
  const auto mark = std::ranges::find(command_line, "--");
  require<UsageError>(mark != command_line.end() && mark + 1 != command_line.end(),
                      "launch: expected -- and what each rank runs: credence launch -n 4 -- train "
                      "recipe.yaml");
  require<UsageError>(*(mark + 1) != "launch", "launch: ranks cannot launch others");
  std::vector<std::string> command{std::filesystem::read_symlink("/proc/self/exe").string()};
  command.insert(command.end(), mark + 1, command_line.end());
  return command;
}

void refuse_rest(const CLI::App& command) {
  const std::vector<std::string> rest = command.remaining();
  if (rest.empty()) return;
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  require<UsageError>(!rest[0].starts_with("-"), "launch: unknown option ", rest[0],
                      did_you_mean(rest[0], known), "; see credence launch --help");
  throw UsageError(concat("launch: \"", rest[0],
                          "\" belongs behind --, with all that the ranks run: credence launch -n 4 "
                          "-- train recipe.yaml"));
}

/// Where all ranks can write: in memory if they are all of this host.
std::string heartbeat_place(const LaunchArguments& arguments, const RanksToLaunch& job) {
  if (!arguments.heartbeats.empty()) return arguments.heartbeats;
  const bool is_local = job.hosts.empty() && std::getenv("SLURM_JOB_ID") == nullptr;
  return is_local ? std::filesystem::temp_directory_path().string() : ".";
}

RankJobOptions job_options(const LaunchArguments& arguments, const Context& context) {
  require<UsageError>(find_launcher().ranks == 1,
                      "launch starts ranks itself: run it once, not under ", find_launcher().name);
  check(arguments);
  RanksToLaunch job{.bind_to = arguments.bind_to,
                    .environment = {{"CREDENCE_SIGUSR1", "end"}},
                    .options = arguments.launcher_options,
                    .command = command_of(context.command_line)};
  if (!arguments.hosts.empty()) job.hosts = parse_hosts(arguments.hosts);
  job.ranks = ranks_of(arguments, job.hosts);
  if (arguments.deadline_s)
    job.environment.emplace_back("CREDENCE_DEADLINE_S", concat(*arguments.deadline_s));
  RankJobOptions options{.launcher = find_rank_launcher(CommWorld::library(), arguments.launcher),
                         .heartbeats = heartbeat_place(arguments, job),
                         .silence_s = arguments.silence_s};
  options.ranks = std::move(job);
  return options;
}

/// The exit code of a job that was not lost.
int code_of(const RankJobEnd& end) {
  if (end.asked == 0 || end.code == 0) return end.code;
  if (end.is_killed)
    throw Interrupted(end.asked, "asked twice to end: the last checkpoint stays as it was");
  constexpr int first_of_signals = 128;
  if (end.code < first_of_signals) return end.code;
  return end.asked == SIGUSR1 ? 0 : 128 + end.asked;
}

bool may_restart(const RankJobEnd& end) {
  if (end.asked != 0) return false;  // it was to end
  return end.loss || end.code == static_cast<int>(ExitCode::comm);
}

int launch(const LaunchArguments& arguments, const Context& context) {
  RankJobOptions options = job_options(arguments, context);
  std::optional<Restarts> restarts;
  if (arguments.on_failure == "restart") restarts.emplace(options.ranks, arguments.max_restarts);
  BlockedSignals signals;
  while (true) {
    const RankJobEnd end = RankJob(options, signals).run();
    std::string message = end.loss ? end.loss->message : "";
    if (restarts && may_restart(end)) {
      if (const auto next = restarts->next(end)) {
        log_warning(concat(message, message.empty() ? "" : "; ", "started again on ",
                           counted(next->ranks, "rank"), ", ", restarts->count(), " of ",
                           arguments.max_restarts));
        options.ranks = *next;
        continue;
      }
      message += (message.empty() ? "" : "; ") + restarts->refusal();
    }
    if (!message.empty()) throw CommError(message);
    return code_of(end);
  }
}

}  // namespace

void add_launch(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "launch",
      "start a command on several ranks, and watch over them: credence launch -n 4 -- "
      "train recipe.yaml");
  const auto arguments = std::make_shared<LaunchArguments>();
  command->add_option("-n,--ranks", arguments->ranks,
                      "ranks (default: those that the hosts take, or the tasks of Slurm)");
  command->add_option("-H,--hosts", arguments->hosts,
                      "hosts and how many ranks each takes, as in a:2,b:4 (default: this one, or "
                      "those of the allocation)");
  command->add_option("--on-failure", arguments->on_failure,
                      "when a rank is lost: stop (default), or restart a training from its last "
                      "checkpoint on the ranks that remain");
  command->add_option("--max-restarts", arguments->max_restarts, "how often, at most (default: 3)");
  command->add_option("--deadline", arguments->deadline_s,
                      "seconds that a rank may wait for others (default: 1800; 0: for ever)");
  command->add_option("--silence", arguments->silence_s,
                      "seconds without a heartbeat after which a rank of another host is lost "
                      "(default: 5)");
  command->add_option("--bind-to", arguments->bind_to,
                      "what each rank is bound to: none (default), core, socket or numa");
  command->add_option("--launcher", arguments->launcher,
                      "mpirun or srun to start them by (default: srun in an allocation of Slurm, "
                      "else the mpirun of this program's MPI)");
  command
      ->add_option("--launcher-option", arguments->launcher_options,
                   "one more word for it; may be given several times")
      ->allow_extra_args(false);
  command->add_option("--heartbeats", arguments->heartbeats,
                      "folder, which all ranks can write, for their heartbeats (default: the "
                      "temporary folder, or with other hosts the current one)");
  command->allow_extras();
  command->callback([arguments, command, &context] {
    refuse_rest(*command);
    context.exit_code = launch(*arguments, context);
  });
}

}  // namespace credence::cli
