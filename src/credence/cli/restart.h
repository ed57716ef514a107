#pragma once

#include "credence/jobs/rank_job.h"

namespace credence::cli {

/// Goes on with a `credence train` that has lost a rank, on the ranks that remain.
class Restarts {
 public:
  /// The job as it is begun, with the words that follow `credence`. UsageError if they are not
  /// those of train.
  Restarts(RanksToLaunch job, int limit);

  /// What to start next; none if there have been enough, if nothing remains, or if it has failed
  /// again where it had failed before, with nothing saved in between.
  std::optional<RanksToLaunch> next(const RankJobEnd& end);
  /// Why there was none.
  const std::string& refusal() const { return refusal_; }
  int count() const { return count_; }

 private:
  bool fails_again(const RankJobEnd& end);
  void drop_lost(const RankLoss& loss);

  RanksToLaunch job_;
  int limit_;
  int count_ = 0;
  std::int64_t last_step_ = -1, last_saved_ = -1;  // of the failure before
  std::string refusal_;
};

}  // namespace credence::cli
