#include "credence/jobs/rank_job.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <utility>

#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/jobs/marked_processes.h"

namespace credence {
namespace {

using Clock = RankWatch::Clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What cannot be written, as to a terminal that is gone, is lost.
void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Open MPI writes nothing of its own to its output, which may go to a terminal as it is.
bool is_noisy(LauncherKind kind) {
  return kind == LauncherKind::mpich;
}

std::string signal_text(int signal) {
  return concat("signal ", signal, " (", ::strsignal(signal), ")");
}

/// Whether a rank of ours ends with it by itself, after a message.
bool is_own(int code) {
  constexpr std::array codes{ExitCode::usage,         ExitCode::data, ExitCode::internal,
                             ExitCode::cannot_create, ExitCode::io,   ExitCode::comm,
                             ExitCode::config};
  const bool is_asked = code == 128 + SIGTERM || code == 128 + SIGINT;
  return is_asked || std::ranges::count(codes, static_cast<ExitCode>(code)) > 0;
}

/// The rank that a process was started as, by its environment.
std::optional<int> rank_of(pid_t process) {
  const std::string environment = '\0' + read_file_if_any(concat("/proc/", process, "/environ"));
  for (const char* const name : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"}) {
    const std::string variable = concat('\0', name, "=");
    const std::size_t found = environment.find(variable);
    if (found == std::string::npos) continue;
    int rank = -1;
    std::from_chars(environment.data() + found + variable.size(),
                    environment.data() + environment.size(), rank);
    return rank;
  }
  return std::nullopt;
}

}  // namespace

RankJob::RankJob(RankJobOptions options, BlockedSignals& signals)
    : options_(std::move(options)),
      signals_(signals),
      folder_(options_.heartbeats, options_.ranks.ranks),
      child_(child_options()),
      watch_({.folder = folder_.path(),
              .ranks = options_.ranks.ranks,
              .silence_s = options_.silence_s,
              .state = [](std::int64_t id) { return process_state(static_cast<pid_t>(id)); },
              .processes = [this] { return processes(); }}) {}

ChildOptions RankJob::child_options() {
  RanksToLaunch ranks = options_.ranks;
  ranks.environment.emplace_back(heartbeats_variable,
                                 std::filesystem::absolute(folder_.path()).string());
  // Often enough to tell the step, but no load for a file system that many hosts share.
  ranks.environment.emplace_back(heartbeat_interval_variable, ranks.hosts.empty() ? "0.1" : "0.5");
  ChildOptions child{
      .command = launch_command(options_.launcher, ranks),
      .on_errors = [this](std::string_view text) { pass(STDERR_FILENO, errors_.pass(text)); }};
  if (is_noisy(options_.launcher.kind))
    child.on_output = [this](std::string_view text) { pass(STDOUT_FILENO, output_.pass(text)); };
  return child;
}

void RankJob::pass(int descriptor, const std::string& text) const {
  if (!is_killed_) write_all(descriptor, text);  // what is killed has nothing to say
}

RankJobEnd RankJob::run() {
  constexpr double poll_s = 0.1;
  std::optional<Clock::time_point> lost_since;
  std::optional<ChildEnd> end;
  while (!end) {
    end = child_.wait(poll_s);
    pass_signals();
    if (ends_at_once_) break;
    look();
    const auto& lost = watch_.look(Clock::now());
    if (!lost || (lost->has_died && end_is_asked())) continue;
    if (!lost_since) lost_since = Clock::now();
    // A launcher that sees the end of a rank ends the others, and tells how it ended.
    if (!lost->has_died || seconds_since(*lost_since) > options_.end_s) break;
  }
  RankJobEnd job{.asked = asked_};
  watch_.read();
  if (end) {
    job.loss = find_loss(*end);
  } else if (watch_.lost() && !ends_at_once_) {
    job.loss = loss_of(*watch_.lost());
  }
  job.run = watch_.run();
  job.step = watch_.step();
  job.is_killed = ends_at_once_;
  job.code = end ? end->code() : 128 + SIGKILL;
  pass(STDOUT_FILENO, output_.finish());
  pass(STDERR_FILENO, errors_.finish());
  kill();
  return job;
}

void RankJob::look() {
  if (const auto delay = watch_.take_delay()) log_warning(*delay);
}

void RankJob::pass_signals() {
  // One that a terminal and a launcher both send is the same.
  constexpr double same_within_s = 2;
  while (const auto signal = signals_.take()) {
    if (*signal == SIGUSR1) {
      folder_.send_signal(SIGUSR1);
      if (asked_ == 0) asked_ = SIGUSR1;
    } else if (asked_ == 0 || asked_ == SIGUSR1) {
      folder_.send_signal(*signal == SIGINT ? SIGINT : SIGTERM);
      asked_ = *signal;
      asked_since_ = Clock::now();
    } else if (seconds_since(asked_since_) > same_within_s) {
      ends_at_once_ = true;
    }
  }
}

void RankJob::kill() {
  is_killed_ = true;
  if (!child_.wait(0)) {
    // On other hosts by themselves, within a beat.
    folder_.send_signal(SIGKILL);
    for (const auto& [rank, process] : processes()) ::kill(static_cast<pid_t>(process), SIGKILL);
    constexpr double by_themselves_s = 1, asked_s = 2;
    if (!child_.wait(by_themselves_s)) child_.end(asked_s);
  }
  child_.end(0);  // whatever it has left behind
}

std::map<int, std::int64_t> RankJob::processes() const {
  std::map<int, std::int64_t> found;
  for (const pid_t process : child_.descendants())
    if (const auto rank = rank_of(process)) found.emplace(*rank, process);
  return found;
}

RankLoss RankJob::loss_of(const LostRank& lost) const {
  const std::string others = watch_.others_text(lost.rank);
  return {.rank = lost.rank,
          .host = watch_.host_of(lost.rank),
          .step = watch_.step_of(lost.rank),
          .message = concat(watch_.name_of(lost.rank), " ", lost.what, ", ",
                            watch_.place_of(lost.rank), others.empty() ? "" : "; ", others)};
}

std::optional<RankLoss> RankJob::find_loss(const ChildEnd& end) {
  const auto& fate = errors_.fate() ? errors_.fate() : output_.fate();
  const bool names_rank = fate && fate->rank >= 0 && fate->rank < options_.ranks.ranks;
  if (end.code() == 0 || end_is_asked()) return std::nullopt;
  if (names_rank && fate->signal != 0)
    return loss_of({fate->rank, "was ended by " + signal_text(fate->signal)});
  if (fate && !fate->host.empty())
    return RankLoss{.host = fate->host,
                    .host_is_lost = true,
                    .step = watch_.step(),
                    .message = concat("host ", fate->host, " is lost; ", watch_.others_text(-1))};
  if (is_own(end.code())) return std::nullopt;  // which a rank has explained
  if (watch_.lost()) return loss_of(*watch_.lost());
  write_all(STDERR_FILENO, output_.held() + errors_.held());
  return RankLoss{.step = watch_.step(),
                  .message = concat(options_.launcher.program, " ended with exit code ", end.code(),
                                    "; ", watch_.others_text(-1))};
}

}  // namespace credence
