#pragma once

#include <memory>

#include "credence/comm/gradient_buckets.h"
#include "credence/train/checkpointer.h"
#include "credence/train/gradient_accumulator.h"
#include "credence/train/not_finite.h"
#include "credence/train/residual_state.h"
#include "credence/train/step_figures.h"

namespace credence {

class WeightUpdate;

/// The weight of the KL term: 1 is the evidence lower bound; less is a tempered posterior.
struct KlOptions {
  double weight = 1;
  double warmup_epochs = 0;       ///< the weight grows linearly from 0 over these
  std::int64_t warmup_steps = 0;  ///< or over these

  template <class Visitor>
  void visit(Visitor& v) {
    v("weight", weight);
    v("warmup_epochs", warmup_epochs);
    v("warmup_steps", warmup_steps);
  }
};

struct TrainerOptions {
  std::int64_t epochs = 1;
  double learning_rate = 1e-3;
  std::int64_t micro_batch = 0;  ///< rows through the model at once; 0: the rank's whole batch
  int virtual_shards = 0;        ///< of VirtualShards, a power of two; 0: none
  KlOptions kl;
  std::uint64_t seed = 1;
  bool sharded_optimizer = false;  ///< each rank keeps the optimizer's state of its own share
  std::int64_t local_steps = 1;    ///< after so many steps of its own a rank meets the others
  std::int64_t local_after = 0;    ///< steps taken together before
  GradientBucketsOptions buckets;
  bool shared_memory = true;                         ///< of GradientSumOptions
  std::shared_ptr<const Compression> compression{};  ///< of gradients between ranks; null: none
  PredictOptions validation{.samples = 5};
};

/// ConfigError if an option is out of range, the model has several outputs, or a metric of
/// validation, if there is one, does not fit the loss.
void check_training(const Model& model, const Loss& loss, const TrainerOptions& options,
                    bool has_validation);

/// The names of the figures that each epoch gives.
std::vector<std::string> epoch_figures(const Model& model, const Loss& loss,
                                       const TrainerOptions& options, bool has_validation);

/// The training loop of one rank of a group. Every rank ends each step with the same weights.
class Trainer {
 public:
  /// ConfigError as check_training.
  Trainer(const TrainerParts& parts, const TrainerOptions& options);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;
  ~Trainer();

  void add_observer(Observer& observer) { observers_.push_back(&observer); }

  /// Runs the epochs, from the start or from where the checkpoints say. NumericalError, naming step
  /// and layer, when the loss is not finite; Interrupted when a signal has asked for the end, and
  /// the state is saved.
  TrainReport run();
  /// The optimizer's whole state, on rank 0. Collective.
  std::vector<NamedTensor> optimizer_state();

 private:
  /// Returns whether the ranks then have the same weights.
  bool take_step(std::uint64_t step);
  /// Once they have: counts the steps since they had them last, and tells of them. Returns the
  /// last.
  StepReport end_round();
  /// Whether a step goes through the model in several parts.
  bool accumulates() const;
  TrainingPosition position() const;
  /// The position after it, with the figure by which checkpoints are chosen.
  void end_epoch(const StepReport& report, TrainingPosition& position);
  double forward(const MicroBatch& part, const StepContext& context);
  void backward(const MicroBatch& part, const StepContext& context);
  void update_metrics(const Tensor& batch_target);
  EpochReport epoch_report(const StepReport& last);
  void check_weights(const StepReport& last) const;
  double kl_weight(std::uint64_t step) const;
  double learning_rate(std::uint64_t step) const;
  double examples() const;  ///< of the training data
  template <class Action>
  decltype(auto) timed(int work, Action&& action) {
    const TimedScope scope(parts_.timeline, work);
    return action();
  }

  TrainerParts parts_;
  TrainerOptions options_;
  MicroBatching micro_batching_;
  std::unique_ptr<WeightUpdate> update_;
  ResidualState residuals_;
  GradientAccumulator accumulator_;
  TargetInfo target_info_;
  double nll_shift_ = 0;  // of a density, from the units that targets are given in to their own
  std::vector<std::unique_ptr<Metric>> metrics_;
  StepFigures figures_;
  Tensor prediction_;
  std::vector<Observer*> observers_;
  TrainingProgress progress_;
  Checkpointer checkpointer_;
  NotFinite not_finite_;
  /// Their numbers in the timeline.
  struct Works {
    int gather, loss, accumulate, reduce, metrics, optimizer;
  } works_{};
};

}  // namespace credence
