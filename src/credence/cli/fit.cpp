#include "credence/cli/fit.h"

#include "credence/checkpoint/checkpoint.h"
#include "credence/train/micro_batch.h"

namespace credence::cli {

Fit::Fit(const Experiment& experiment, const FitData& data, Communicator& communicator)
    : inference_(experiment.make_inference()),
      ranks_a_network_(inference_->ranks_a_network(communicator.size())) {
  const TrainSection& train = experiment.train;
  const int ranks = ranks_a_network_;
  const LoaderOptions batches{.global_batch = train.global_batch(ranks),
                              .steps_per_epoch = train.steps_per_epoch,
                              .seed = experiment.seed};
  require<ConfigError>(batches.global_batch >= ranks,
                       "train.global_batch_size: expected one example or more for each of the ",
                       ranks, " ranks, got ", batches.global_batch,
                       "; use fewer ranks or a larger batch");
  const BatchPlan plan(*data.training, batches, 0, ranks);
  steps_per_epoch_ = plan.steps_per_epoch();
  const MicroBatching parts(train.micro_batch,
                            virtual_shards(experiment.distributed.shards(), 0, ranks));
  const std::int64_t rows = parts.rows_at_once(batches.global_batch, plan.max_rows());
  model_ = std::make_unique<Model>(
      experiment.make_graph(*data.training),
      ModelOptions{.max_batch = inference_->rows_at_once(rows), .seed = experiment.seed});
  const auto initialize = [model = model_.get(), weights = data.weights,
                           relative_sigma = experiment.weights.relative_sigma](std::uint64_t seed) {
    model->initialize(seed);
    if (!weights) return;
    std::vector<NamedTensor> values = named_values(model->parameters());
    begin_from(*weights, values, relative_sigma);
    model->centre_priors();
  };
  initialize(experiment.seed);
  loss_ = experiment.make_loss(*model_, *data.training);
  schedule_ = experiment.make_schedule();
  training_.emplace(
      Training{.model = *model_,
               .loss = *loss_,
               .communicator = communicator,
               .data = data.training,
               .validation = data.validation,
               .batches = batches,
               .options = {.epochs = train.epochs,
                           .learning_rate = train.learning_rate_on(ranks),
                           .micro_batch = train.micro_batch,
                           .virtual_shards = experiment.distributed.shards(),
                           .kl = train.kl,
                           .seed = experiment.seed,
                           .sharded_optimizer = experiment.distributed.sharded_optimizer,
                           .local_steps = experiment.distributed.local_steps,
                           .local_after = experiment.distributed.local_after,
                           .buckets = experiment.distributed.buckets,
                           .shared_memory = experiment.distributed.shared_memory,
                           .compression = experiment.distributed.compression,
                           .validation = experiment.validation},
               .begins_from_weights = data.weights != nullptr,
               .initialize = initialize,
               .make_optimizer = experiment.make_optimizer,
               .schedule = schedule_.get(),
               .timeline = data.timeline});
  check_training(*model_, *loss_, training_->options, data.validation != nullptr);
  check_best(experiment.checkpoint,
             epoch_figures(*model_, *loss_, training_->options, data.validation != nullptr));
  experiment.check_inference(*inference_, *training_);
}

}  // namespace credence::cli
