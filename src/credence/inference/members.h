#pragma once

#include <string>

#include "credence/bayes/stored_samples.h"
#include "credence/comm/rank_groups.h"
#include "credence/inference/inference.h"

namespace credence {

/// The seed of member number `member` of what a run of this seed makes; that of member 0 is the
/// run's own.
std::uint64_t member_seed(std::uint64_t seed, std::int64_t member);

/// Tells other observers of the steps and epochs of one member, and which it is; not of its end.
class MemberObserver : public Observer {
 public:
  MemberObserver(std::vector<Observer*> others, std::string name, std::int64_t member)
      : others_(std::move(others)), name_(std::move(name)), member_(member) {}
  void on_step(const StepReport& report) override;
  void on_epoch(const EpochReport& report) override;

 private:
  std::vector<Observer*> others_;
  std::string name_;
  std::int64_t member_;
};

/// The same training of one member: under its own seed, by the ranks of a group, watched by
/// `observer` alone, saved in `checkpoints`, if there are some.
Training of_member(const Training& training, Communicator& group, std::uint64_t seed,
                   Observer& observer, CheckpointSeries* checkpoints = nullptr);

/// Adds the values that the parameters have on the ranks of member number `member` to the samples
/// of all ranks. Collective.
void share_sample(std::int64_t member, const RankGroups& groups, Communicator& all,
                  std::span<Parameter* const> parameters, StoredSamples& samples);

}  // namespace credence
