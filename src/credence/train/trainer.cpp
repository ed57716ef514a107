#include "credence/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/train/weight_update.h"

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// The figure that tells how the training examples are predicted: it costs nothing beside a step.
std::vector<std::unique_ptr<Metric>> training_metrics(Problem problem) {
  std::vector<std::unique_ptr<Metric>> metrics;
  metrics.push_back(make_metric(is_regression(problem) ? "rmse" : "accuracy"));
  return metrics;
}

StepContext context_of(const MicroBatch& part, StepContext context) {
  context.first_example = part.first_example;
  context.reuse_weights = !part.is_first();
  return context;
}

}  // namespace

void check_training(const Model& model, const Loss& loss, const TrainerOptions& options,
                    bool has_validation) {
  require<ConfigError>(model.output_count() == 1, "model.outputs: training takes one output, got ",
                       model.output_count());
  require<ConfigError>(options.epochs >= 0, "train.epochs: expected 0 or more, got ",
                       options.epochs);
  require<ConfigError>(options.learning_rate > 0, "train.learning_rate: expected more than 0, got ",
                       options.learning_rate);
  require<ConfigError>(options.micro_batch >= 0, "train.micro_batch: expected 0 or more, got ",
                       options.micro_batch);
  const KlOptions& kl = options.kl;
  require<ConfigError>(
      kl.weight >= 0 && kl.warmup_epochs >= 0 && kl.warmup_steps >= 0,
      "train.kl: weight, warmup_epochs and warmup_steps must not be negative, got ", kl.weight,
      ", ", kl.warmup_epochs, " and ", kl.warmup_steps);
  require<ConfigError>(kl.warmup_epochs == 0 || kl.warmup_steps == 0,
                       "train.kl: give warmup_epochs or warmup_steps, got both: ", kl.warmup_epochs,
                       " and ", kl.warmup_steps);
  if (has_validation) make_metrics(loss.problem(), options.validation.metrics);
}

std::vector<std::string> epoch_figures(const Model& model, const Loss& loss,
                                       const TrainerOptions& options, bool has_validation) {
  std::vector<std::string> names{"loss", "nll"};
  if (model.is_bayesian()) names.emplace_back("kl");
  for (const auto& metric : training_metrics(loss.problem())) names.push_back(metric->name());
  if (has_validation)
    for (const auto& metric : make_metrics(loss.problem(), options.validation.metrics))
      names.push_back("val_" + metric->name());
  return names;
}

Trainer::Trainer(const TrainerParts& parts, const TrainerOptions& options)
    : parts_(parts),
      options_(options),
      micro_batching_(options.micro_batch,
                      virtual_shards(options.virtual_shards, parts.communicator.rank(),
                                     parts.communicator.size())),
      update_(make_weight_update(
          parts_,
          {.sum = {.order = micro_batching_.shards().are_used() ? SumOrder::tree : SumOrder::any,
                   .shared_memory = options.shared_memory,
                   .compression = options.compression},
           .sharded_optimizer = options.sharded_optimizer,
           .local_steps = options.local_steps,
           .local_after = options.local_after,
           .buckets = options.buckets})),
      residuals_(update_->buckets(), parts.communicator),
      accumulator_(
          parts.model.gradients(), micro_batching_.shards().own,
          micro_batching_.count_of_shard(parts.loader.global_batch(), parts.loader.max_rows())),
      target_info_(parts.loader.dataset().target_info()),
      metrics_(training_metrics(parts.loss.problem())),
      figures_(parts.communicator, micro_batching_.shards().all),
      prediction_(
          parts.loss.prediction_shape(parts.model.output_shape()).prepend(parts.model.max_batch())),
      checkpointer_(parts_, progress_, metrics_, *update_),
      not_finite_(parts.model, parts.communicator) {
  check_training(parts.model, parts.loss, options, parts.validation != nullptr);
  if (parts.loss.problem() == Problem::density_regression) nll_shift_ = log_scale(target_info_);
  parts_.stateful.push_back(&residuals_);
  if (!parts_.timeline) return;
  Timeline& timeline = *parts_.timeline;
  works_.gather = timeline.add_work(Phase::gather);
  parts_.model.set_timeline(timeline);
  if (accumulates()) works_.accumulate = timeline.add_work(Phase::backward, "sum of micro-batches");
  works_ = {.gather = works_.gather,
            .loss = timeline.add_work(Phase::loss),
            .accumulate = works_.accumulate,
            .reduce = timeline.add_work(Phase::reduce),
            .metrics = timeline.add_work(Phase::loss, "metrics"),
            .optimizer = timeline.add_work(
                Phase::update, parts_.model.is_bayesian() ? "kl, optimizer" : "optimizer")};
}

bool Trainer::accumulates() const {
  return micro_batching_.count(parts_.loader.global_batch(), parts_.loader.max_rows()) > 1;
}

Trainer::~Trainer() = default;

std::vector<NamedTensor> Trainer::optimizer_state() {
  return update_->state();
}

double Trainer::examples() const {
  return static_cast<double>(parts_.loader.dataset().size());
}

TrainReport Trainer::run() {
  const std::int64_t steps_per_epoch = parts_.loader.steps_per_epoch();
  checkpointer_.restore();
  parts_.loss.begin_epoch(progress_.step / steps_per_epoch + 1);
  while (progress_.step < options_.epochs * steps_per_epoch) {
    const Clock::time_point begin = Clock::now();
    const bool ranks_meet = take_step(static_cast<std::uint64_t>(progress_.step));
    const double seconds = seconds_since(begin);
    progress_.epoch.seconds += seconds;
    progress_.total.session.seconds += seconds;
    ++progress_.step;
    if (!ranks_meet) continue;
    const CheckpointRequest asked = figures_.request();
    const StepReport report = end_round();
    TrainingPosition reached = position();
    if (reached.ends_epoch) end_epoch(report, reached);
    checkpointer_.save_if_due(reached, asked);
  }
  checkpointer_.finish();
  parts_.loss.begin_epoch(0);
  for (Observer* observer : observers_) observer->on_end(progress_.total);
  return progress_.total;
}

TrainingPosition Trainer::position() const {
  const std::int64_t steps_per_epoch = parts_.loader.steps_per_epoch(), step = progress_.step;
  return {.step = step,
          .epoch = step / steps_per_epoch,
          .epochs = options_.epochs,
          .ends_epoch = step % steps_per_epoch == 0,
          .ends_training = step == options_.epochs * steps_per_epoch};
}

bool Trainer::take_step(std::uint64_t step) {
  const std::int64_t steps_per_epoch = parts_.loader.steps_per_epoch();
  const auto taken = static_cast<std::int64_t>(step);
  const StepReport report{.epoch = taken / steps_per_epoch + 1,
                          .epochs = options_.epochs,
                          .step = taken + 1,
                          .step_in_epoch = taken % steps_per_epoch + 1,
                          .steps_per_epoch = steps_per_epoch,
                          .learning_rate = learning_rate(step)};
  Activity& activity = parts_.communicator.activity();
  activity.set_step(report.step);
  activity.set_phase("gather");
  const Batch& batch =
      timed(works_.gather, [&]() -> const Batch& { return parts_.loader.load(step); });
  const StepContext context{
      .seed = options_.seed,
      .step = step,
      .first_example = batch.first_example,
      .global_batch = batch.global_size,
      .sum = [this](std::span<double> values) { parts_.communicator.sum(values); }};
  update_->begin_pass(context);

  figures_.begin({.report = report, .batch = batch.global_size},
                 checkpointer_.request(report.step_in_epoch == steps_per_epoch));
  const auto first_shard = static_cast<std::size_t>(micro_batching_.shards().first);
  Request sum;
  const std::int64_t micro_batches = micro_batching_.count(batch.global_size, batch.max_rows);
  for (std::int64_t i = 0; i < micro_batches; ++i) {
    const MicroBatch part = micro_batching_.part(batch, i);
    const StepContext part_context = context_of(part, context);
    activity.set_phase("forward");
    figures_.nll()[first_shard + static_cast<std::size_t>(part.shard)] +=
        forward(part, part_context);
    if (part.is_last() && !update_->is_local(step)) sum = figures_.start_sum();
    activity.set_phase("backward");
    backward(part, part_context);
  }
  activity.set_phase("update");
  timed(works_.reduce, [&] {
    update_->finish_gradients();
    sum.wait();
  });
  figures_.kl() = timed(works_.optimizer, [&] {
    return update_->move(kl_weight(step) / examples(), report.learning_rate, context);
  });
  if (!update_->ranks_meet(step)) return false;
  if (update_->is_local(step)) timed(works_.reduce, [&] { figures_.start_sum().wait(); });
  return true;
}

StepReport Trainer::end_round() {
  const auto last = static_cast<std::uint64_t>(progress_.step - 1);
  StepReport told;
  for (auto& [report, batch] : figures_.take(update_->share_of_figures(last))) {
    report.nll += nll_shift_;
    report.loss = report.nll +
                  kl_weight(static_cast<std::uint64_t>(report.step - 1)) * report.kl / examples();
    if (!std::isfinite(report.loss)) not_finite_.explain(report);
    progress_.epoch.add(report, batch);
    progress_.total.session.examples += batch;
    ++progress_.total.session.steps;
    progress_.total.session.bytes_sent = static_cast<double>(update_->buckets().bytes_sent());
    report.samples_per_sec = progress_.epoch.samples_per_sec();
    for (Observer* observer : observers_) observer->on_step(report);
    told = report;
  }
  return told;
}

void Trainer::end_epoch(const StepReport& report, TrainingPosition& position) {
  parts_.communicator.activity().set_phase("validation");
  const EpochReport epoch = epoch_report(report);
  for (Observer* observer : observers_) observer->on_epoch(epoch);
  if (parts_.checkpoints)
    for (const auto& [name, value] : epoch.values)
      if (name == parts_.checkpoints->options().best) position.best = value;
  auto& [step, sums, total] = progress_;
  total.epochs = epoch.epoch;
  total.steps += sums.steps;
  total.examples += sums.examples;
  total.train_seconds += sums.seconds;
  sums = {};
  for (const auto& metric : metrics_) metric->reset();
  parts_.loss.begin_epoch(epoch.epoch + 1);
}

double Trainer::forward(const MicroBatch& part, const StepContext& context) {
  Model& model = parts_.model;
  model.forward(part.src, context);
  const double nll = timed(works_.loss, [&] {
    return parts_.loss.forward(model.output(), part.target, update_->examples(context),
                               &model.diff_output());
  });
  if (std::isfinite(nll))
    timed(works_.metrics, [&] { update_metrics(part.target); });
  else
    not_finite_.note();
  return nll;
}

void Trainer::backward(const MicroBatch& part, const StepContext& context) {
  parts_.model.backward(context, [this, &part](std::int64_t offset, std::int64_t count) {
    if (part.count > 1 || part.shards > 1)
      timed(works_.accumulate, [&] { accumulator_.add(part, offset, count); });
    if (part.is_last())
      update_->add(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
  });
}

void Trainer::update_metrics(const Tensor& batch_target) {
  Predictions predictions;
  predictions.mean = prediction_.rows(0, batch_target.shape()[0]);
  parts_.loss.predict(parts_.model.output(), predictions.mean);
  Tensor target = target_info_.units.empty() ? batch_target : batch_target.clone();
  to_own_units(predictions.mean, target_info_);
  to_own_units(target, target_info_);
  for (const auto& metric : metrics_) metric->update(predictions, target);
}

EpochReport Trainer::epoch_report(const StepReport& last) {
  check_weights(last);
  const EpochSums& sums = progress_.epoch;
  const auto examples = static_cast<double>(sums.examples);
  EpochReport report{.epoch = last.epoch,
                     .step = last.step,
                     .values = {{"loss", sums.loss / examples}, {"nll", sums.nll / examples}},
                     .learning_rate = last.learning_rate,
                     .samples_per_sec = sums.samples_per_sec(),
                     .seconds = sums.seconds};
  if (parts_.model.is_bayesian())
    report.values.emplace_back("kl", sums.kl / static_cast<double>(sums.steps));
  for (const auto& metric : metrics_) {
    parts_.communicator.sum(metric->sums());
    report.values.emplace_back(metric->name(), metric->value());
  }
  if (parts_.validation) {
    Predictor predictor(parts_.model, parts_.loss, options_.seed, options_.validation);
    for (const auto& [name, value] : evaluate(predictor, *parts_.validation, parts_.communicator))
      report.values.emplace_back("val_" + name, value);
  }
  return report;
}

void Trainer::check_weights(const StepReport& last) const {
  for (const Parameter* parameter : parts_.model.parameters())
    for (const float weight : parameter->value.span<float>())
      require<NumericalError>(std::isfinite(weight), "after step ", last.step, " (epoch ",
                              last.epoch, ") parameter ", parameter->name, " is not finite");
}

double Trainer::kl_weight(std::uint64_t step) const {
  const KlOptions& kl = options_.kl;
  const auto steps = static_cast<double>(step);
  if (kl.warmup_steps > 0)
    return kl.weight * linear_ramp(steps, static_cast<double>(kl.warmup_steps));
  const double epochs_done = steps / static_cast<double>(parts_.loader.steps_per_epoch());
  return kl.weight * linear_ramp(epochs_done, kl.warmup_epochs);
}

double Trainer::learning_rate(std::uint64_t step) const {
  if (!parts_.schedule) return options_.learning_rate;
  const std::int64_t steps_per_epoch = parts_.loader.steps_per_epoch();
  return options_.learning_rate *
         parts_.schedule->factor({.step = static_cast<std::int64_t>(step),
                                  .total_steps = options_.epochs * steps_per_epoch,
                                  .steps_per_epoch = steps_per_epoch});
}

}  // namespace credence
