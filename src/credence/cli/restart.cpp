#include "credence/cli/restart.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "credence/base/file_lock.h"
#include "credence/checkpoint/checkpoint_series.h"
#include "credence/cli/train_job.h"
#include "credence/config/config_file.h"
#include "credence/records/run_directory.h"

namespace credence::cli {
namespace {

/// The words after the program's own.
std::vector<std::string> words_of(const RanksToLaunch& job) {
  return {job.command.begin() + 1, job.command.end()};
}

TrainArguments parse(std::vector<std::string> words) {
  TrainArguments arguments;
  CLI::App app;
  add_train_options(app, arguments);
  words.erase(words.begin());  // train
  std::ranges::reverse(words);
  app.parse(std::move(words));
  return arguments;
}

/// The command that goes on with the run, or, where it had not come to one, begins again.
std::vector<std::string> words_to_go_on(const std::vector<std::string>& words,
                                        const std::string& run) {
  const TrainArguments arguments = parse(words);
  std::vector<std::string> next{"train"};
  if (run.empty()) {
    next = words;
    // It may have made the directory.
    if (!arguments.output.empty() && arguments.resume.empty())
      next.insert(next.end(), {"--resume", "auto"});
    return next;
  }
  next.insert(next.end(), {"--resume", run});
  if (arguments.threads != 0)
    next.insert(next.end(), {"--threads", std::to_string(arguments.threads)});
  if (arguments.profile) next.emplace_back("--profile");
  if (arguments.is_traced()) next.insert(next.end(), {"--trace", arguments.trace});
  return next;
}

/// Slices of the global batch that a deterministic training adds in a tree; 0: there are none.
int shards_of(const std::vector<std::string>& words, const std::string& run) {
  const TrainArguments arguments = parse(words);
  const std::string recipe =
      run.empty() ? arguments.recipe : RunDirectory::open(run).config().string();
  const auto overrides = run.empty() ? arguments.overrides : std::vector<std::string>();
  return read_experiment(load_config(recipe, overrides)).distributed.shards();
}

bool is_same_host(const std::string& a, const std::string& b) {
  return a.substr(0, a.find('.')) == b.substr(0, b.find('.'));
}

}  // namespace

Restarts::Restarts(RanksToLaunch job, int limit) : job_(std::move(job)), limit_(limit) {
  const std::vector<std::string> words = words_of(job_);
  require<UsageError>(!words.empty() && words[0] == "train",
                      "--on-failure restart: expected train after --, which alone goes on where "
                      "it was, got ",
                      words.empty() ? "nothing" : words[0]);
  try {
    parse(words);
  } catch (const CLI::ParseError& error) {
    throw UsageError(concat(error.what(), "; see credence train --help"));
  }
}

bool Restarts::fails_again(const RankJobEnd& end) {
  const std::int64_t saved = end.run.empty() ? -1 : largest_saved(end.run, "step").value_or(-1);
  const bool again = count_ > 0 && saved <= last_saved_ && end.step <= last_step_;
  last_saved_ = saved;
  last_step_ = end.step;
  return again;
}

void Restarts::drop_lost(const RankLoss& loss) {
  if (loss.rank < 0 && !loss.host_is_lost) return;  // it is not known which
  const auto host = std::ranges::find_if(
      job_.hosts, [&](const HostRanks& each) { return is_same_host(each.name, loss.host); });
  const bool is_listed = host != job_.hosts.end();
  int lost = 1;
  if (is_listed) {
    lost = loss.host_is_lost ? host->ranks : 1;
    host->ranks -= lost;
    if (host->ranks == 0) job_.hosts.erase(host);
  }
  job_.ranks -= lost;
}

std::optional<RanksToLaunch> Restarts::next(const RankJobEnd& end) {
  refusal_.clear();
  if (fails_again(end)) {
    refusal_ = "not started again: it has failed where it had before";
  } else if (count_ == limit_) {
    refusal_ = concat("not started again: it has been ", limit_, " times (--max-restarts)");
  }
  if (!refusal_.empty()) return std::nullopt;
  if (end.loss) drop_lost(*end.loss);
  const std::vector<std::string> words = words_of(job_);
  const int shards = shards_of(words, end.run);
  if (shards > 0 && job_.ranks > 0)
    job_.ranks =
        std::min(shards, static_cast<int>(std::bit_floor(static_cast<unsigned>(job_.ranks))));
  if (job_.ranks < 1) {
    refusal_ = "not started again: no rank remains";
    return std::nullopt;
  }
  std::vector<std::string> command{job_.command.front()};
  for (const std::string& word : words_to_go_on(words, end.run)) command.push_back(word);
  job_.command = command;
  if (!end.run.empty() && !wait_until_unlocked(RunDirectory::open(end.run).metrics(), {})) {
    refusal_ = concat("not started again: a lost rank still writes to ", end.run);
    return std::nullopt;
  }
  ++count_;
  return job_;
}

}  // namespace credence::cli
