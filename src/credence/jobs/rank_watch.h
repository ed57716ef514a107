#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "credence/comm/heartbeat_record.h"

namespace credence {

/// A folder for the heartbeats of a job, with a file for each rank, of full size: so no disk that
/// fills up later stops them. It is removed at the end.
class HeartbeatFolder {
 public:
  /// CreateError, IoError.
  HeartbeatFolder(const std::filesystem::path& parent, int ranks);
  ~HeartbeatFolder();
  HeartbeatFolder(const HeartbeatFolder&) = delete;
  HeartbeatFolder& operator=(const HeartbeatFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Each rank gets it within half a second.
  void send_signal(int number);

 private:
  std::filesystem::path path_;
  std::string signals_;
};

/// A rank that is not as it should be, and why: "was ended by signal 9 (Killed)".
struct LostRank {
  int rank = 0;
  std::string what;
  bool has_died = true;  ///< else it is stopped, or cannot be heard
};

struct RankWatchOptions {
  std::filesystem::path folder;
  int ranks = 1;
  double silence_s = 5;    ///< of a rank on another host, after which it is lost
  double stopped_s = 3;    ///< of a rank on this host
  double begin_s = 120;    ///< in which a rank must have begun
  double no_step_s = 600;  ///< without a step, after which to say so
  /// Of a process of this host, as process_state().
  std::function<char(std::int64_t)> state;
  /// Rank and process of those of this host that have not begun to beat, if it is known.
  std::function<std::map<int, std::int64_t>()> processes;
};

/// Follows the ranks of a job by their heartbeats, and by their processes where these are of this
/// host.
class RankWatch {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RankWatch(RankWatchOptions options);

  /// Several times a second. The first rank that is lost, for good.
  const std::optional<LostRank>& look(Clock::time_point now);
  const std::optional<LostRank>& lost() const { return lost_; }
  /// Once, when no rank has taken a step for long though all are there: which does what.
  std::optional<std::string> take_delay();

  /// Reads all files once more, as they may say what has happened last.
  void read();
  /// "rank 2 on vm (process 12)".
  std::string name_of(int rank) const;
  /// "last seen at step 3, in backward".
  std::string place_of(int rank) const;
  /// What each of them was doing, those alike together: "ranks 0, 2-3 on vm: step 3, waiting in
  /// MPI_Iallreduce".
  std::string others_text(int but) const;
  std::int64_t step() const { return step_; }
  std::int64_t step_of(int rank) const;
  std::string host_of(int rank) const;
  /// The run directory, if a rank has told it.
  std::string run() const;

 private:
  struct Rank {
    std::optional<HeartbeatRecord> record;
    std::int64_t process = 0;  // of this host; 0: not known, or of another one
    Clock::time_point heard, running;
  };

  void read(Rank& rank, int number, Clock::time_point now);
  std::optional<LostRank> look_at(Rank& rank, int number, Clock::time_point now);
  bool others_are_heard(Clock::time_point now) const;
  void find_processes(Clock::time_point now);

  RankWatchOptions options_;
  std::string host_;
  std::vector<Rank> ranks_;
  Clock::time_point begin_, last_look_, last_search_, last_step_;
  std::int64_t step_ = 0;
  bool is_delayed_ = false, delay_is_told_ = false;
  std::optional<LostRank> lost_;
};

}  // namespace credence
