#include "credence/inference/hmc.h"

#include <chrono>

#include "credence/base/errors.h"
#include "credence/inference/chain_diagnostics.h"
#include "credence/inference/hmc_chain.h"
#include "credence/inference/members.h"

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;

/// What a chain leaves behind.
struct ChainResult {
  std::vector<std::vector<double>> kept;  ///< positions
  std::vector<double> energy;             ///< after each trajectory that counts
  double acceptance = 0;                  ///< mean of them
  std::int64_t divergent = 0;
  std::int64_t gradients = 0;
};

std::vector<std::string> warnings_of(double acceptance, double divergent, double r_hat) {
  std::vector<std::string> warnings;
  if (acceptance < 0.4 || divergent > 0)
    warnings.push_back(
        concat("hmc: acceptance ", acceptance, ", ", divergent,
               " trajectories whose energy ran away: the step size was not found, or the posterior "
               "is too curved for it; a longer warmup, or a higher target_acceptance, may help"));
  if (!(r_hat < 1.1))
    warnings.push_back(concat("hmc: energy_r_hat ", r_hat,
                              ", where chains that agree have less than 1.05: they "
                              "have not arrived yet; a longer warmup may help"));
  return warnings;
}

}  // namespace

HamiltonianMonteCarlo::HamiltonianMonteCarlo(const Options& options)
    : options_(options), prior_("hmc", options.prior) {
  const auto require_range = [](const char* key, std::int64_t value, std::int64_t least,
                                std::int64_t most) {
    require<ConfigError>(value >= least && value <= most, "hmc: ", key, ": expected ", least,
                         " to ", most, ", got ", value);
  };
  require_range("chains", options.chains, 1, 65536);
  require_range("warmup", options.warmup, 20, 1'000'000);
  require_range("samples", options.samples, 1, 1'000'000);
  require_range("thin", options.thin, 1, options.samples);
  require_range("leapfrog_steps", options.leapfrog_steps, 1, 100'000);
  require_range("rows", options.rows, 1, 1 << 24);
  require<ConfigError>(options.target_acceptance > 0 && options.target_acceptance < 1,
                       "hmc: target_acceptance: expected a number between 0 and 1, got ",
                       options.target_acceptance);
}

void HamiltonianMonteCarlo::check(const Training& training) const {
  require_deterministic(name(), training);
  prior_.check(training.model.parameters());
  require_likelihood(name(), training);
  require<ConfigError>(
      !training.begins_from_weights || training.options.epochs > 0 || options_.chains == 1,
      "hmc: with model.weights and train.epochs=0 all ", options_.chains,
      " chains begin at one place, so that they cannot tell whether they mix: train some epochs, "
      "or take one chain");
}

Inferred HamiltonianMonteCarlo::run(const Training& training) {
  Communicator& all = training.communicator;
  RankGroups groups(all, options_.chains);
  const std::unique_ptr<Communicator> alone = self_communicator();
  Potential potential(training, groups.group(), prior_, options_.rows);
  const std::span<Parameter* const> parameters = training.model.parameters();
  const auto examples = static_cast<double>(potential.examples());
  const std::int64_t trajectories = options_.warmup + options_.samples;
  TrainReport report{.epochs = options_.chains, .steps = options_.chains * trajectories};
  Clock::duration time{};

  const auto run_chain = [&](std::int64_t number) {
    const Clock::time_point begin = Clock::now();
    const std::uint64_t seed = member_seed(training.options.seed, number);
    training.initialize(seed);
    if (training.options.epochs > 0) {
      MemberObserver observer(training.observers, "chain", number + 1);
      const Training own = of_member(training, *alone, seed, observer);
      train(own, *own.make_optimizer());
    }
    HmcChain chain(potential, {.seed = seed,
                               .warmup = options_.warmup,
                               .leapfrog_steps = options_.leapfrog_steps,
                               .target_acceptance = options_.target_acceptance});
    ChainResult result;
    StepReport step{
        .epoch = number + 1, .epochs = options_.chains, .steps_per_epoch = trajectories};
    for (std::int64_t i = 0; i < trajectories; ++i) {
      chain.step();
      step.step = number * trajectories + i + 1;
      step.step_in_epoch = i + 1;
      step.loss = chain.energy() / examples;
      step.nll = chain.nll() / examples;
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      step.samples_per_sec = static_cast<double>(chain.gradients()) * examples / seconds;
      for (Observer* observer : training.observers) observer->on_step(step);
      if (i < options_.warmup) continue;
      result.energy.push_back(chain.energy());
      result.acceptance += chain.acceptance() / static_cast<double>(options_.samples);
      result.divergent += chain.is_divergent() ? 1 : 0;
      if ((i - options_.warmup + 1) % options_.thin == 0) result.kept.push_back(chain.position());
    }
    time += Clock::now() - begin;
    set_values(chain.position(), parameters);  // the model may have those of a refused proposal
    result.gradients = chain.gradients();
    const EpochReport end{.epoch = step.epoch,
                          .step = step.step,
                          .values = {{"loss", step.loss},
                                     {"nll", step.nll},
                                     {"acceptance", result.acceptance},
                                     {"divergent", static_cast<double>(result.divergent)},
                                     {"step_size", chain.step_size()}},
                          .samples_per_sec = step.samples_per_sec,
                          .seconds = std::chrono::duration<double>(Clock::now() - begin).count()};
    for (Observer* observer : training.observers) observer->on_epoch(end);
    return result;
  };

  auto samples = std::make_unique<StoredSamples>();
  Chains energies;
  double acceptance = 0, divergent = 0;
  for (std::int64_t first = 0; first < options_.chains; first += groups.count()) {
    const std::int64_t end = std::min(options_.chains, first + groups.count());
    ChainResult own;
    for (std::int64_t chain = first; chain < end; ++chain)
      if (groups.has(chain)) own = run_chain(chain);
    for (std::int64_t chain = first; chain < end; ++chain) {
      const int root = groups.root_of(chain);
      for (std::int64_t kept = 0; kept < options_.samples / options_.thin; ++kept) {
        if (all.rank() == root) set_values(own.kept[static_cast<std::size_t>(kept)], parameters);
        share_sample(chain, groups, all, parameters, *samples);
      }
      std::vector<double> told = own.energy;
      told.resize(static_cast<std::size_t>(options_.samples));
      told.insert(told.end(), {static_cast<double>(own.gradients), own.acceptance,
                               static_cast<double>(own.divergent)});
      all.broadcast(std::span(told), root);
      report.examples += static_cast<std::int64_t>(told[told.size() - 3]) * potential.examples();
      divergent += told.back();
      acceptance += told[told.size() - 2] / static_cast<double>(options_.chains);
      told.resize(told.size() - 3);
      energies.push_back(std::move(told));
    }
  }
  samples->write(samples->size() - 1, training.options.seed, parameters);
  report.train_seconds = std::chrono::duration<double>(time).count();
  for (Observer* observer : training.observers) observer->on_end(report);
  const double r_hat = split_r_hat(energies);
  return {.report = report,
          .weights = std::move(samples),
          .figures = {{"acceptance", acceptance},
                      {"divergent", divergent},
                      {"energy_r_hat", r_hat},
                      {"energy_ess", effective_sample_size(energies)}},
          .warnings = warnings_of(acceptance, divergent, r_hat)};
}

}  // namespace credence
