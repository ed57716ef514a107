#include "credence/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "credence/base/errors.h"
#include "credence/optim/checks.h"

namespace credence {

double SchedulePosition::epoch() const {
  return static_cast<double>(step) / static_cast<double>(steps_per_epoch);
}

double linear_ramp(double position, double length) {
  return length > 0 ? std::clamp(position / length, 0.0, 1.0) : 1.0;
}

CosineSchedule::CosineSchedule(const Options& options) : options_(options) {
  require<ConfigError>(options.final_fraction >= 0 && options.final_fraction <= 1,
                       "cosine: final_fraction must be from 0 to 1, got ", options.final_fraction);
}

double CosineSchedule::factor(const SchedulePosition& position) const {
  const std::int64_t done = std::max<std::int64_t>(0, position.step - position.warmup_steps);
  if (done == 0) return 1;
  const double fraction = linear_ramp(
      static_cast<double>(done), static_cast<double>(position.total_steps - position.warmup_steps));
  const double height = (1 + std::cos(std::numbers::pi * fraction)) / 2;
  return options_.final_fraction + (1 - options_.final_fraction) * height;
}

StepDecaySchedule::StepDecaySchedule(const Options& options) : options_(options) {
  require<ConfigError>(options.every_epochs >= 1,
                       "step_decay: every_epochs must be 1 or more, got ", options.every_epochs);
  require<ConfigError>(options.decay > 0 && options.decay <= 1,
                       "step_decay: decay must be above 0 and at most 1, got ", options.decay);
}

double StepDecaySchedule::factor(const SchedulePosition& position) const {
  const std::int64_t epoch = position.step / std::max<std::int64_t>(1, position.steps_per_epoch);
  const std::int64_t decays = epoch / options_.every_epochs;
  return std::pow(options_.decay, static_cast<double>(decays));
}

Warmup::Warmup(const Options& options, std::unique_ptr<Schedule> after)
    : options_(options), after_(std::move(after)) {
  require<ConfigError>(options.steps >= 0, "warmup: steps must be 0 or more, got ", options.steps);
  require_not_negative("warmup", "epochs", options.epochs);
  require<ConfigError>(options.steps == 0 || options.epochs == 0,
                       "warmup: give steps or epochs, got both: ", options.steps, " and ",
                       options.epochs);
}

double Warmup::factor(const SchedulePosition& position) const {
  SchedulePosition inner = position;
  inner.warmup_steps =
      options_.steps > 0
          ? options_.steps
          : std::llround(options_.epochs * static_cast<double>(position.steps_per_epoch));
  const double ramp =
      linear_ramp(static_cast<double>(position.step + 1), static_cast<double>(inner.warmup_steps));
  return ramp * after_->factor(inner);
}

}  // namespace credence
