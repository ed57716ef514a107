#include "credence/inference/cyclical_mcmc.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "credence/base/errors.h"
#include "credence/bayes/stored_samples.h"
#include "credence/data/batch_plan.h"
#include "credence/optim/checks.h"

namespace credence {
namespace {

/// Where steps stand in their cycles, of which the last one has what a division leaves over.
struct Cycles {
  std::int64_t all_steps, count, samples;
  double exploration;

  std::int64_t shortest() const { return all_steps / count; }
  std::int64_t number(std::int64_t step) const { return std::min(step / shortest(), count - 1); }
  std::int64_t place(std::int64_t step) const { return step - number(step) * shortest(); }
  std::int64_t length(std::int64_t step) const {
    return number(step) + 1 < count ? shortest() : all_steps - (count - 1) * shortest();
  }
  /// Steps with noise at the end of a cycle of that length.
  std::int64_t noisy(std::int64_t length) const {
    return length - static_cast<std::int64_t>(exploration * static_cast<double>(length));
  }
  bool is_noisy(std::int64_t step) const {
    return place(step) >= length(step) - noisy(length(step));
  }
  /// Whether a sample is kept after this step, counted from 0.
  bool is_kept(std::int64_t step) const {
    const std::int64_t of_cycle = noisy(length(step));
    const std::int64_t done = place(step) + 1 - (length(step) - of_cycle);
    return done > 0 && done * samples / of_cycle > (done - 1) * samples / of_cycle;
  }
};

std::int64_t steps_of(const Training& training) {
  return training.options.epochs *
         BatchPlan(*training.data, training.batches, 0, 1).steps_per_epoch();
}

Cycles cycles_of(const CyclicalMcmcOptions& options, std::int64_t all_steps) {
  return {.all_steps = all_steps,
          .count = options.cycles,
          .samples = options.samples_per_cycle,
          .exploration = options.exploration};
}

class CyclicalCosine : public Schedule {
 public:
  explicit CyclicalCosine(const Cycles& cycles) : cycles_(cycles) {}
  double factor(const SchedulePosition& position) const override {
    const double done = static_cast<double>(cycles_.place(position.step)) /
                        static_cast<double>(cycles_.length(position.step));
    return (1 + std::cos(std::numbers::pi * done)) / 2;
  }

 private:
  Cycles cycles_;
};

/// Keeps the samples, and tells the chain when to be noisy.
class Sampler : public Observer, public Stateful {
 public:
  Sampler(const Cycles& cycles, Langevin& chain, Model& model)
      : cycles_(cycles), chain_(chain), model_(model) {
    chain_.set_noisy(cycles_.is_noisy(0));
  }
  void on_step(const StepReport& report) override {
    const std::int64_t next = report.step;  // steps are counted from 1 in reports
    if (cycles_.is_kept(next - 1)) samples->add(model_.parameters());
    begin(next);
  }
  std::vector<NamedTensor> state() const override { return samples->state(); }
  void restore(std::int64_t step, const SavedState& state) override {
    const std::string first = concat(StoredSamples::name, ".", model_.parameters()[0]->name);
    if (state.has(first)) *samples = StoredSamples(state, model_.parameters());
    begin(step);
  }

  std::unique_ptr<StoredSamples> samples = std::make_unique<StoredSamples>();

 private:
  void begin(std::int64_t step) {
    if (step < cycles_.all_steps) chain_.set_noisy(cycles_.is_noisy(step));
  }

  Cycles cycles_;
  Langevin& chain_;
  Model& model_;
};

}  // namespace

CyclicalMcmc::CyclicalMcmc(std::string name, const CyclicalMcmcOptions& options, double friction)
    : name_(std::move(name)), options_(options), friction_(friction) {
  require<ConfigError>(options.cycles >= 1, name_, ": cycles: expected 1 or more, got ",
                       options.cycles);
  require<ConfigError>(options.samples_per_cycle >= 1, name_,
                       ": samples_per_cycle: expected 1 or more, got ", options.samples_per_cycle);
  require_fraction(name_, "exploration", options.exploration);
  require_positive(name_, "temperature", options.temperature);
  Langevin(langevin(1));
}

LangevinOptions CyclicalMcmc::langevin(std::int64_t examples) const {
  return {.friction = friction_,
          .temperature = options_.temperature,
          .prior = options_.prior,
          .examples = examples};
}

void CyclicalMcmc::check(const Training& training) const {
  require_deterministic(name(), training);
  require_likelihood(name(), training);
  WeightPrior(name_, options_.prior).check(training.model.parameters());
  const std::int64_t steps = steps_of(training);
  const Cycles cycles = cycles_of(options_, steps);
  const std::int64_t noisy = cycles.noisy(cycles.shortest());
  require<ConfigError>(noisy >= cycles.samples, name_, ": ", steps, " steps in ", options_.cycles,
                       " cycles leave ", noisy, " steps of each for ", cycles.samples,
                       " samples: train more epochs, or ask for less");
}

Inferred CyclicalMcmc::run(const Training& training) {
  const Cycles cycles = cycles_of(options_, steps_of(training));
  const CyclicalCosine schedule(cycles);
  Langevin chain(langevin(training.data->size()));
  Sampler sampler(cycles, chain, training.model);
  Training own = training;
  own.schedule = &schedule;
  own.observers.push_back(&sampler);
  own.stateful.push_back(&sampler);
  Trained trained = train(own, chain);
  sampler.samples->write(sampler.samples->size() - 1, training.options.seed,
                         training.model.parameters());
  return {.report = trained.report,
          .weights = std::move(sampler.samples),
          .optimizer_state = std::move(trained.optimizer_state)};
}

}  // namespace credence
