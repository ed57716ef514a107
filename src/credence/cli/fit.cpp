#include "credence/cli/fit.h"

#include "credence/train/micro_batch.h"

namespace credence::cli {

Fitted fit(const Experiment& experiment, const std::shared_ptr<const Dataset>& data,
           Communicator& communicator) {
  const TrainSection& train = experiment.train;
  const std::unique_ptr<Inference> inference = experiment.make_inference();
  const int ranks = inference->ranks_a_network(communicator.size());
  const LoaderOptions batches{.global_batch = train.global_batch(ranks),
                              .steps_per_epoch = train.steps_per_epoch,
                              .seed = experiment.seed};
  const std::int64_t most_rows = BatchPlan(*data, batches, 0, ranks).max_rows();
  Fitted fitted;
  fitted.model =
      std::make_unique<Model>(experiment.make_graph(*data),
                              ModelOptions{.max_batch = rows_at_once(most_rows, train.micro_batch),
                                           .seed = experiment.seed});
  fitted.loss = experiment.make_loss(*fitted.model, *data);
  const std::unique_ptr<Schedule> schedule = experiment.make_schedule();
  const Training training{
      .model = *fitted.model,
      .loss = *fitted.loss,
      .communicator = communicator,
      .data = data,
      .batches = batches,
      .options = {.epochs = train.epochs,
                  .learning_rate =
                      train.learning_rate * learning_rate_scale(train.learning_rate_scaling, ranks),
                  .micro_batch = train.micro_batch,
                  .kl = train.kl,
                  .seed = experiment.seed,
                  .buckets = experiment.distributed.buckets},
      .make_optimizer = experiment.make_optimizer,
      .schedule = schedule.get()};
  check_training(*fitted.model, *fitted.loss, training.options, false);
  experiment.check_inference(*inference, training);
  fitted.inferred = inference->run(training);
  return fitted;
}

}  // namespace credence::cli
