#include "credence/inference/ensemble.h"

#include <optional>

#include "credence/base/errors.h"
#include "credence/inference/members.h"

namespace credence {
namespace {

/// If a group of ranks was asked to end, all end, each once its member is saved. Collective.
void end_together(const std::optional<Interrupted>& interrupted, Communicator& communicator) {
  double ended = interrupted ? 1 : 0;
  communicator.sum(std::span<double>(&ended, 1));
  if (interrupted) throw *interrupted;
  if (ended > 0) throw Interrupted(0, "asked to end: other members are saved half-way");
}

}  // namespace

Ensemble::Ensemble(const Options& options) : options_(options) {
  require<ConfigError>(options.members >= 2 && options.members <= 65536,
                       "ensemble: expected 2 to 65536 members, got ", options.members);
}

void Ensemble::check(const Training& training) const {
  require<ConfigError>(!training.begins_from_weights || training.options.epochs > 0,
                       "ensemble: with model.weights and train.epochs=0 all members are one "
                       "network: train some epochs");
}

int Ensemble::ranks_a_network(int ranks) const {
  return ranks / RankGroups::count(ranks, options_.members);
}

Inferred Ensemble::run(const Training& training) {
  RankGroups groups(training.communicator, options_.members);
  const std::span<Parameter* const> parameters = training.model.parameters();
  auto samples = std::make_unique<StoredSamples>();
  TrainReport total;
  for (std::int64_t first = 0; first < options_.members; first += groups.count()) {
    const std::int64_t end = std::min(options_.members, first + groups.count());
    std::optional<Interrupted> interrupted;
    for (std::int64_t member = first; member < end; ++member) {
      if (!groups.has(member)) continue;
      const std::uint64_t seed = member_seed(training.options.seed, member);
      MemberObserver observer(training.observers, "member", member + 1);
      const std::unique_ptr<CheckpointSeries> checkpoints =
          training.checkpoints ? training.checkpoints->of_member(member, groups.group().rank() == 0)
                               : nullptr;
      const Training own = of_member(training, groups.group(), seed, observer, checkpoints.get());
      training.initialize(seed);
      const std::unique_ptr<Optimizer> optimizer = own.make_optimizer();
      TrainReport report;
      try {
        report = train(own, *optimizer).report;
      } catch (const Interrupted& ended) {
        interrupted = ended;
        continue;
      }
      total.epochs = report.epochs;
      total.steps = report.steps * options_.members;
      total.examples = report.examples * options_.members;
      total.train_seconds += report.train_seconds;
      total.session.steps += report.session.steps;
      total.session.examples += report.session.examples;
      total.session.seconds += report.session.seconds;
      total.session.bytes_sent += report.session.bytes_sent;
    }
    end_together(interrupted, training.communicator);
    for (std::int64_t member = first; member < end; ++member)
      share_sample(member, groups, training.communicator, parameters, *samples);
  }
  samples->write(0, training.options.seed, parameters);
  for (Observer* observer : training.observers) observer->on_end(total);
  return {.report = total, .weights = std::move(samples)};
}

}  // namespace credence
