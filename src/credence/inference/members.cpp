#include "credence/inference/members.h"

#include "credence/random/noise.h"

namespace credence {

std::uint64_t member_seed(std::uint64_t seed, std::int64_t member) {
  if (member == 0) return seed;
  return draw_bits(noise_key(seed, Stream::init, "members"), {},
                   static_cast<std::uint64_t>(member)) >>
         2;  // a seed is at most 2^62
}

void MemberObserver::on_step(const StepReport& report) {
  StepReport numbered = report;
  numbered.member = member_;
  for (Observer* other : others_) other->on_step(numbered);
}

void MemberObserver::on_epoch(const EpochReport& report) {
  EpochReport named = report;
  named.member = member_;
  named.values.insert(named.values.begin(), {name_, static_cast<double>(member_)});
  for (Observer* other : others_) other->on_epoch(named);
}

Training of_member(const Training& training, Communicator& group, std::uint64_t seed,
                   Observer& observer, CheckpointSeries* checkpoints) {
  Training own{.model = training.model,
               .loss = training.loss,
               .communicator = group,
               .data = training.data,
               .validation = training.validation,
               .batches = training.batches,
               .options = training.options,
               .begins_from_weights = training.begins_from_weights,
               .initialize = training.initialize,
               .make_optimizer = training.make_optimizer,
               .schedule = training.schedule,
               .observers = {&observer},
               .timeline = training.timeline,
               .checkpoints = checkpoints};
  own.batches.seed = own.options.seed = seed;
  return own;
}

void share_sample(std::int64_t member, const RankGroups& groups, Communicator& all,
                  std::span<Parameter* const> parameters, StoredSamples& samples) {
  std::vector<NamedTensor> sample;
  for (const Parameter* parameter : parameters) {
    sample.push_back({parameter->name, parameter->value.clone()});
    all.broadcast(sample.back().tensor.span<float>(), groups.root_of(member));
  }
  samples.add(std::move(sample));
}

}  // namespace credence
