#pragma once

#include <cstdint>
#include <memory>

namespace credence {

/// Where a run stands before a step.
struct SchedulePosition {
  std::int64_t step = 0;             ///< steps taken
  std::int64_t total_steps = 0;      ///< steps of the whole run
  std::int64_t steps_per_epoch = 0;  ///< 1 or more
  std::int64_t warmup_steps = 0;     ///< set by Warmup for the schedule it precedes

  double epoch() const;  ///< epochs done, with a fraction
};

/// What the base learning rate is multiplied by. A pure function of the position: nothing to save.
class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual double factor(const SchedulePosition& position) const = 0;
};

/// min(1, position / length), 0 below; 1 everywhere if length is 0. Warms up learning rates, and
/// the weight of the KL term over epochs (Sonderby et al. 2016, arXiv:1602.02282).
double linear_ramp(double position, double length);

struct ConstantOptions {
  template <class Visitor>
  void visit(Visitor&) {}
};

/// Always 1.
class ConstantSchedule final : public Schedule {
 public:
  using Options = ConstantOptions;
  explicit ConstantSchedule(const Options& = {}) {}
  double factor(const SchedulePosition&) const override { return 1; }
};

struct CosineOptions {
  double final_fraction = 0;  ///< the factor at the end, in [0, 1]

  template <class Visitor>
  void visit(Visitor& v) {
    v("final_fraction", final_fraction);
  }
};

/// Half a cosine from 1, after the warm-up, to final_fraction, which the step after the last would
/// have. Source: Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts.
class CosineSchedule final : public Schedule {
 public:
  using Options = CosineOptions;
  explicit CosineSchedule(const Options& options = {});
  double factor(const SchedulePosition& position) const override;

 private:
  Options options_;
};

struct StepDecayOptions {
  std::int64_t every_epochs = 30;
  double decay = 0.1;  ///< what the factor is multiplied by each time, in (0, 1]

  template <class Visitor>
  void visit(Visitor& v) {
    v("every_epochs", every_epochs);
    v("decay", decay);
  }
};

/// decay^(epochs done / every_epochs, rounded down). Epochs of the warm-up count.
class StepDecaySchedule final : public Schedule {
 public:
  using Options = StepDecayOptions;
  explicit StepDecaySchedule(const Options& options = {});
  double factor(const SchedulePosition& position) const override;

 private:
  Options options_;
};

struct WarmupOptions {
  std::int64_t steps = 0;  ///< give this
  double epochs = 0;       ///< or this

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps);
    v("epochs", epochs);
  }
};

/// A linear warm-up before any schedule: (step + 1) / steps times the factor of what follows.
/// Source: Goyal et al. 2017, arXiv:1706.02677.
class Warmup final : public Schedule {
 public:
  using Options = WarmupOptions;
  Warmup(const Options& options, std::unique_ptr<Schedule> after);
  double factor(const SchedulePosition& position) const override;

 private:
  Options options_;
  std::unique_ptr<Schedule> after_;
};

}  // namespace credence
