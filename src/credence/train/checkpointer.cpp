#include "credence/train/checkpointer.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/base/signals.h"
#include "credence/bayes/saved_state.h"
#include "credence/comm/rank_zero.h"
#include "credence/train/weight_update.h"

namespace credence {
namespace {

/// The figures of a training under way, in the order in which they are saved.
template <class Visit>
void visit_figures(TrainingProgress& progress, const Visit& visit) {
  auto& [step, epoch, total] = progress;
  for (double* figure : {&epoch.loss, &epoch.nll, &epoch.kl, &epoch.seconds, &total.train_seconds})
    visit(*figure);
  for (std::int64_t* count :
       {&epoch.steps, &epoch.examples, &total.epochs, &total.steps, &total.examples})
    visit(*count);
}
constexpr std::size_t figure_count = 10;

NamedTensor as_tensor(const std::string& name, std::span<const double> numbers) {
  NamedTensor named{name, Tensor({static_cast<std::int64_t>(numbers.size())}, DType::float64)};
  std::ranges::copy(numbers, named.tensor.data<double>());
  return named;
}

Tensor numbers(const SavedState& state, const std::string& name, std::size_t count) {
  return state.take(name, {static_cast<std::int64_t>(count)}, DType::float64);
}

}  // namespace

CheckpointRequest Checkpointer::request(bool ends_epoch) {
  return parts_.checkpoints ? parts_.checkpoints->request(ends_epoch) : CheckpointRequest{};
}

void Checkpointer::save_if_due(const TrainingPosition& position, const CheckpointRequest& request) {
  if (!parts_.checkpoints) return;
  parts_.checkpoints->agree(request);
  if (!parts_.checkpoints->is_due(position)) return;
  parts_.communicator.activity().set_phase("checkpoint");
  const std::vector<NamedTensor> of_optimizer = update_.state();  // ranks meet here, then there
  parts_.checkpoints->save(position, named_values(parts_.model.parameters()), of_optimizer,
                           state());
  if (request.end == 0) return;
  on_rank_zero(parts_.communicator, [&] { parts_.checkpoints->finish(); });  // others wait for it
  throw Interrupted(
      EndRequests::signal(),
      concat("asked to end: saved after step ", position.step, ", epoch ",
             position.epoch + (position.ends_epoch ? 0 : 1), " of ", position.epochs));
}

void Checkpointer::finish() {
  if (!parts_.checkpoints) return;
  parts_.checkpoints->settle();
  parts_.checkpoints->end(state());
}

void Checkpointer::restore() {
  if (!parts_.checkpoints) return;
  const std::string file = text_of_rank_zero(
      parts_.communicator, [this] { return parts_.checkpoints->find().string(); });
  if (file.empty()) return;
  std::vector<NamedTensor> model = named_values(parts_.model.parameters());
  SavedTraining saved;
  update_.restore([&](std::span<NamedTensor> optimizer) {
    saved = parts_.checkpoints->load(file, model, optimizer);
  });
  parts_.checkpoints->set_best(
      text_of_rank_zero(parts_.communicator, [this] { return parts_.checkpoints->find_best(); }));
  progress_.step = static_cast<std::int64_t>(saved.info.step);
  take(SavedState(saved.progress, "training under way"));
}

std::vector<NamedTensor> Checkpointer::state() {
  std::vector<double> figures;
  visit_figures(progress_, [&](auto figure) { figures.push_back(static_cast<double>(figure)); });
  std::vector<NamedTensor> state{as_tensor("figures", figures), as_tensor("batches", batches())};
  for (const auto& metric : metrics_) {
    std::vector<double> all(metric->sums().begin(), metric->sums().end());
    parts_.communicator.sum(std::span<double>(all));
    state.push_back(as_tensor("metric." + metric->name(), all));
  }
  for (const Stateful* part : parts_.stateful)
    std::ranges::move(part->state(), std::back_inserter(state));
  return state;
}

void Checkpointer::take(const SavedState& state) {
  require_same_batches(state);
  const Tensor figures = numbers(state, "figures", figure_count);
  const double* figure = figures.data<double>();
  visit_figures(progress_, [&]<class T>(T& value) { value = static_cast<T>(*figure++); });
  for (const auto& metric : metrics_) {
    const Tensor sums = numbers(state, "metric." + metric->name(), metric->sums().size());
    if (parts_.communicator.rank() == 0)  // they are of all ranks together
      std::ranges::copy(sums.span<double>(), metric->sums().begin());
  }
  for (Stateful* part : parts_.stateful) part->restore(progress_.step, state);
}

std::array<double, 2> Checkpointer::batches() const {
  return {static_cast<double>(parts_.loader.steps_per_epoch()),
          static_cast<double>(parts_.loader.global_batch())};
}

void Checkpointer::require_same_batches(const SavedState& state) const {
  const Tensor saved = numbers(state, "batches", 2);
  const double saved_steps = saved.data<double>()[0], saved_batch = saved.data<double>()[1];
  const auto [steps, batch] = batches();
  require<DataError>(saved_steps == steps && saved_batch == batch,
                     "the checkpoint is of a training with ", saved_steps, " steps an epoch and ",
                     saved_batch, " examples a step, got ", steps, " and ", batch,
                     ": going on needs the same global batch, train.batch_size times ranks");
}

}  // namespace credence
