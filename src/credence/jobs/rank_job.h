#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "credence/jobs/blocked_signals.h"
#include "credence/jobs/child_process.h"
#include "credence/jobs/launcher_noise.h"
#include "credence/jobs/rank_launcher.h"
#include "credence/jobs/rank_watch.h"

namespace credence {

struct RankJobOptions {
  RankLauncher launcher;
  RanksToLaunch ranks;
  std::filesystem::path heartbeats = {};  ///< where their folder is made
  double silence_s = 5;                   ///< as of RankWatchOptions
  double end_s = 5;  ///< that ranks which fail together, or have failed, take to end
};

/// A rank whose loss has ended a job.
struct RankLoss {
  int rank = -1;          ///< -1: it is not known which
  std::string host = {};  ///< of that rank; or the one that is lost, with all of its ranks
  bool host_is_lost = false;
  std::int64_t step = 0;
  std::string message = {};  ///< all that is known of it
};

struct RankJobEnd {
  int code = 0;  ///< as the launcher gave it
  std::optional<RankLoss> loss = {};
  bool is_killed = false;  ///< asked twice, all were ended at once
  std::int64_t step = 0;   ///< the last that a rank has begun
  int asked = 0;           ///< the signal that asked for the end; 0: none has
  std::string run = {};    ///< the run directory, if it has come to one
};

/// Ranks started by mpirun or srun, watched until they end, and ended when one of them is lost.
class RankJob {
 public:
  /// Starts them. Errors as ChildProcess, HeartbeatFolder.
  RankJob(RankJobOptions options, BlockedSignals& signals);

  /// Waits for the end. Signals that come are passed on to the ranks; another one than the first,
  /// of those that end, ends them at once.
  RankJobEnd run();

 private:
  ChildOptions child_options();
  void pass(int descriptor, const std::string& text) const;
  void pass_signals();
  /// Once a rank is lost, or all is asked to end at once. Healthy ranks are not asked in a way
  /// that would have them save a state.
  void kill();
  bool end_is_asked() const { return asked_ != 0 && asked_ != SIGUSR1; }
  void look();
  RankLoss loss_of(const LostRank& lost) const;
  std::optional<RankLoss> find_loss(const ChildEnd& end);
  std::map<int, std::int64_t> processes() const;

  RankJobOptions options_;
  BlockedSignals& signals_;
  HeartbeatFolder folder_;
  LauncherNoise output_, errors_;
  ChildProcess child_;
  RankWatch watch_;
  int asked_ = 0;
  RankWatch::Clock::time_point asked_since_;
  bool ends_at_once_ = false, is_killed_ = false;
};

}  // namespace credence
