#include "credence/jobs/rank_watch.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/text.h"
#include "credence/comm/topology.h"

namespace credence {
namespace {

using Clock = RankWatch::Clock;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

std::string seconds_text(double seconds) {
  return concat(std::lround(seconds), " s");
}

std::string doing(const HeartbeatRecord& record) {
  return concat(record.waits ? "waiting in " : "in ", record.operation);
}

std::string step_text(const HeartbeatRecord& record) {
  return record.step > 0 ? concat("step ", record.step) : "no step yet";
}

/// {0, 2, 3} is "ranks 0, 2-3".
std::string ranks_text(const std::vector<int>& ranks) {
  std::string text = cpu_list_text(ranks);
  for (std::size_t comma = text.find(','); comma != std::string::npos;
       comma = text.find(',', comma + 2))
    text.insert(comma + 1, " ");
  return (ranks.size() == 1 ? "rank " : "ranks ") + text;
}

}  // namespace

HeartbeatFolder::HeartbeatFolder(const std::filesystem::path& parent, int ranks) {
  std::string name = (parent / ".credence-heartbeats-XXXXXX").string();
  require<CreateError>(::mkdtemp(name.data()) != nullptr, parent.string(),
                       ": cannot make a folder for heartbeats: ", std::strerror(errno),
                       "; --heartbeats names another place");
  path_ = name;
  try {
    for (int rank = 0; rank < ranks; ++rank)
      write_file(heartbeat_file(path_, rank), std::string(heartbeat_bytes, ' '));
    write_file(heartbeat_signal_file(path_), std::string(heartbeat_bytes, ' '));
  } catch (const Error&) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    throw;
  }
}

HeartbeatFolder::~HeartbeatFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void HeartbeatFolder::send_signal(int number) {
  signals_ += concat(number, "\n");
  try {
    write_file(heartbeat_signal_file(path_), signals_);
  } catch (const Error&) {
    // A disk that is full by now: they do not hear of it, and are ended with the launcher.
  }
}

RankWatch::RankWatch(RankWatchOptions options)
    : options_(std::move(options)),
      host_(this_place(1).host),
      ranks_(static_cast<std::size_t>(options_.ranks)) {}

void RankWatch::read(Rank& rank, int number, Clock::time_point now) {
  const auto record = parse_heartbeat(read_file_if_any(heartbeat_file(options_.folder, number)));
  if (!record || (rank.record && record->beat == rank.record->beat &&
                  record->has_ended == rank.record->has_ended))
    return;
  // Without a process of that number this one is in a container that has its own.
  if (!rank.record)
    rank.process =
        record->host == host_ && options_.state(record->process) != '\0' ? record->process : 0;
  const bool steps_on = !rank.record || record->step != rank.record->step;
  rank.record = record;
  rank.heard = now;
  if (steps_on && record->step > 0) {
    step_ = std::max(step_, record->step);
    last_step_ = now;
    is_delayed_ = delay_is_told_ = false;
  }
}

void RankWatch::read() {
  for (std::size_t i = 0; i < ranks_.size(); ++i) read(ranks_[i], static_cast<int>(i), last_look_);
}

void RankWatch::find_processes(Clock::time_point now) {
  constexpr double search_s = 1;
  const bool all_known = std::ranges::all_of(
      ranks_, [](const Rank& rank) { return rank.record || rank.process != 0; });
  if (all_known || !options_.processes || seconds_between(last_search_, now) < search_s) return;
  last_search_ = now;
  for (const auto& [rank, process] : options_.processes())
    if (rank >= 0 && rank < options_.ranks && !ranks_[static_cast<std::size_t>(rank)].record)
      ranks_[static_cast<std::size_t>(rank)].process = process;
}

const std::optional<LostRank>& RankWatch::look(Clock::time_point now) {
  // This process was stopped itself, and maybe all of the job with it.
  constexpr double longest_pause_s = 2;
  const bool begins = last_look_ == Clock::time_point();
  const bool was_stopped = seconds_between(last_look_, now) > longest_pause_s;
  last_look_ = now;
  if (begins) begin_ = last_step_ = now;
  if (begins || was_stopped) {
    for (Rank& rank : ranks_) rank.heard = rank.running = now;
    last_step_ = now;
  }
  find_processes(now);
  for (std::size_t i = 0; i < ranks_.size() && !lost_; ++i)
    lost_ = look_at(ranks_[i], static_cast<int>(i), now);
  if (seconds_between(last_step_, now) > options_.no_step_s) is_delayed_ = true;
  return lost_;
}

std::optional<LostRank> RankWatch::look_at(Rank& rank, int number, Clock::time_point now) {
  // Its state first: what it has written last, it has written before it ended.
  const bool was_known = rank.process != 0;
  const char state = was_known ? options_.state(rank.process) : '\0';
  read(rank, number, now);
  if (rank.record && rank.record->has_ended) return std::nullopt;
  if (rank.process == 0) {
    if (!rank.record) {
      if (seconds_between(begin_, now) < options_.begin_s) return std::nullopt;
      return LostRank{number, concat("has not begun within ", seconds_text(options_.begin_s)),
                      false};
    }
    // Where nobody is heard, it is rather the file system that does not answer.
    constexpr double patience = 12;
    const double silence_s = seconds_between(rank.heard, now);
    const double limit_s = options_.silence_s * (others_are_heard(now) ? 1 : patience);
    if (silence_s < limit_s) return std::nullopt;
    return LostRank{number, concat("has been silent for ", seconds_text(silence_s)), false};
  }
  if (!was_known) return std::nullopt;
  if (state == '\0' || state == 'Z' || state == 'X') return LostRank{number, "has died"};
  if (state != 'T') rank.running = now;
  const double stopped_s = seconds_between(rank.running, now);
  if (stopped_s < options_.stopped_s) return std::nullopt;
  return LostRank{number, concat("has been stopped (SIGSTOP) for ", seconds_text(stopped_s)),
                  false};
}

bool RankWatch::others_are_heard(Clock::time_point now) const {
  return std::ranges::any_of(ranks_, [&](const Rank& rank) {
    return rank.record && seconds_between(rank.heard, now) < options_.silence_s / 2;
  });
}

std::optional<std::string> RankWatch::take_delay() {
  if (!is_delayed_ || std::exchange(delay_is_told_, true)) return std::nullopt;
  return concat("no rank has begun a step for ", seconds_text(options_.no_step_s), ": ",
                others_text(-1));
}

std::string RankWatch::name_of(int rank) const {
  const Rank& one = ranks_[static_cast<std::size_t>(rank)];
  if (!one.record) return concat("rank ", rank);
  return concat("rank ", rank, " on ", one.record->host, " (process ", one.record->process, ")");
}

std::string RankWatch::place_of(int rank) const {
  const auto& record = ranks_[static_cast<std::size_t>(rank)].record;
  if (!record) return "before it had begun";
  return concat("last seen ",
                record->step > 0 ? concat("at step ", record->step) : "before the first step", ", ",
                doing(*record));
}

std::string RankWatch::others_text(int but) const {
  std::map<std::string, std::vector<int>> groups;  // by what they do
  for (int rank = 0; rank < options_.ranks; ++rank) {
    if (rank == but) continue;
    const auto& record = ranks_[static_cast<std::size_t>(rank)].record;
    const std::string does = !record             ? " not begun"
                             : record->has_ended ? concat(" on ", record->host, " ended")
                                                 : concat(" on ", record->host, " ",
                                                          step_text(*record), ", ", doing(*record));
    groups[does].push_back(rank);
  }
  std::vector<std::string> texts;
  for (const auto& [does, ranks] : groups) texts.push_back(ranks_text(ranks) + does);
  return join(texts, "; ");
}

std::int64_t RankWatch::step_of(int rank) const {
  const auto& record = ranks_[static_cast<std::size_t>(rank)].record;
  return record ? record->step : 0;
}

std::string RankWatch::host_of(int rank) const {
  const auto& record = ranks_[static_cast<std::size_t>(rank)].record;
  return record ? record->host : "";
}

std::string RankWatch::run() const {
  for (const Rank& rank : ranks_)
    if (rank.record && !rank.record->run.empty()) return rank.record->run;
  return "";
}

}  // namespace credence
