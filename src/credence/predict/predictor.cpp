#include "credence/predict/predictor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/predict/class_draws.h"
#include "credence/predict/drawn_weights.h"
#include "credence/predict/mixture.h"

namespace credence {
namespace {

/// The figures of a density from the units that targets are given in to their own: a density in
/// them is that in given ones over their scale.
void to_own_units(Predictions& predictions, const TargetInfo& info) {
  const auto shift = static_cast<float>(log_scale(info));
  for (float& nll : predictions.nll.span<float>()) nll += shift;
  for (Tensor* distance : {&predictions.sigma, &predictions.epistemic_sigma, &predictions.crps})
    if (!distance->empty()) to_own_scale(*distance, info);
  for (Tensor* place : {&predictions.lower, &predictions.upper}) to_own_units(*place, info);
  const auto lower = predictions.lower.span<float>(), upper = predictions.upper.span<float>();
  const auto pit = predictions.pit.span<float>();
  for (std::size_t i = 0; i < lower.size(); ++i)  // a negative scale has swapped them
    if (lower[i] > upper[i]) {
      std::swap(lower[i], upper[i]);
      pit[i] = 1 - pit[i];
    }
}

/// As many as asked for, but none twice.
std::int64_t draws_to_take(std::int64_t asked, bool layers_draw, const WeightSamples* weights) {
  if (layers_draw) return asked;
  if (!weights) return 1;
  return weights->size() > 0 ? std::min(asked, weights->size()) : asked;
}

/// A step that goes through `count` things in a spread order, with no common divisor.
std::int64_t spread_stride(std::int64_t count) {
  auto stride = static_cast<std::int64_t>(0.618 * static_cast<double>(count)) + 1;
  while (std::gcd(stride, count) != 1) ++stride;
  return stride;
}

}  // namespace

Predictor::Predictor(Model& model, const Loss& loss, std::uint64_t seed,
                     const PredictOptions& options, const WeightSamples* weights)
    : model_(model),
      loss_(loss),
      seed_(seed),
      options_(options),
      weights_(weights),
      samples_(draws_to_take(options.samples, model.draws_in_predictions(), weights)) {
  options.check();
  options.check_fit(loss.problem());
  for (const std::string& name : options.metrics) make_metric(name);
}

std::vector<std::unique_ptr<Metric>> Predictor::make_metrics() const {
  auto metrics = credence::make_metrics(loss_.problem(), options_.metrics);
  if (loss_.problem() == Problem::regression && calibration_ && calibration_->gives_intervals())
    for (const char* name : {"picp", "mpiw"}) metrics.push_back(make_metric(name));
  return metrics;
}

PredictedPart Predictor::predict(const Dataset& dataset, Communicator& communicator) {
  const DrawnWeights drawn(model_, weights_);
  return predict_part(dataset, communicator);
}

void Predictor::set_weights(std::int64_t number) {
  if (!weights_) return;
  const std::int64_t size = weights_->size();
  // Those that are not reached, of draws that stop early, must not all be the last of a chain.
  if (size > 0 && stops_early()) number = number * spread_stride(samples_) % samples_;
  const std::int64_t sample = size == 0         ? number
                              : size > samples_ ? number * size / samples_
                                                : number % size;
  weights_->write(sample, seed_, model_.parameters());
}

PredictedPart Predictor::make_part(const Dataset& dataset, const RowRange& rows) const {
  PredictedPart part{.begin = rows.begin, .end = rows.end};
  const std::int64_t count = rows.size();
  const Shape prediction = loss_.prediction_shape(model_.output_shape());
  const Problem problem = loss_.problem();
  Predictions& p = part.predictions;
  part.target = Tensor(dataset.target_shape().prepend(count));
  p.mean = Tensor(prediction.prepend(count));
  if (stops_early()) p.samples = Tensor({count});
  if (has_likelihood(problem)) p.nll = Tensor({count});
  if (problem == Problem::classification)
    for (Tensor* figure : {&p.predictive_entropy, &p.mutual_information}) *figure = Tensor({count});
  if (problem == Problem::density_regression) {
    for (Tensor* figure : {&p.sigma, &p.epistemic_sigma, &p.lower, &p.upper, &p.pit})
      *figure = Tensor(prediction.prepend(count));
    if (std::ranges::count(options_.metrics, "crps") > 0)
      p.crps = Tensor(prediction.prepend(count));
  }
  return part;
}

std::int64_t Predictor::batches_of(std::int64_t rows) const {
  return (rows + model_.max_batch() - 1) / model_.max_batch();
}

Predictor::Chunk Predictor::read_chunk(const Dataset& dataset, const RowRange& rows) const {
  Chunk chunk{.rows = rows, .examples = dataset.size()};
  chunk.src = Tensor(dataset.src_shape().prepend(rows.size()));
  chunk.target = Tensor(dataset.target_shape().prepend(rows.size()));
  chunk.fixed.resize(static_cast<std::size_t>(batches_of(rows.size())));
  std::vector<std::int64_t> indices(static_cast<std::size_t>(rows.size()));
  std::iota(indices.begin(), indices.end(), rows.begin);
  dataset.read(indices, 0, chunk.src, chunk.target);
  return chunk;
}

void Predictor::write_chunk(const Chunk& chunk, const Draws& draws, const RowRange& own,
                            PredictedPart& part) const {
  const std::int64_t first = chunk.rows.begin;
  const std::int64_t begin = std::max(first, own.begin), end = std::min(chunk.rows.end, own.end);
  if (begin >= end) return;
  part.target.rows(begin - own.begin, end - begin)
      .copy_from(chunk.target.rows(begin - first, end - begin));
  draws.finish({.begin = begin - first,
                .end = end - first,
                .to = begin - own.begin,
                .target = chunk.target,
                .interval = options_.interval},
               part.predictions);
  for (std::int64_t row = begin; row < end && stops_early(); ++row)
    part.predictions.samples.data<float>()[row - own.begin] =
        static_cast<float>(draws.taken(row - first));
}

void Predictor::finish(const Dataset& dataset, PredictedPart& part) const {
  const TargetInfo info = dataset.target_info();
  if (loss_.problem() == Problem::density_regression) to_own_units(part.predictions, info);
  to_own_units(part.predictions.mean, info);
  to_own_units(part.target, info);
  if (calibration_) calibration_->apply(part.predictions, part.target);
}

PredictedPart Predictor::predict_part(const Dataset& dataset, Communicator& communicator) {
  const std::int64_t examples = dataset.size();
  const int ranks = communicator.size();
  const std::int64_t shared = stops_early() ? std::min(samples_, draws_between_checks) : samples_;
  const int groups = options_.sample_groups == 0
                         ? RankGrid::groups(ranks, batches_of(examples), shared)
                         : RankGrid::groups(ranks, 1, std::min(options_.sample_groups, shared));
  RankGrid grid(communicator, groups);
  const RowRange column = grid.column_rows(examples), own = grid.own_rows(examples);
  PredictedPart part = make_part(dataset, own);
  const std::int64_t chunk_rows =
      rows_at_once(dataset.src_shape(), part.predictions.mean.shape().without_leading());
  const std::int64_t own_draws = grid.own_draws(samples_);
  batches_done_ = 0;
  batches_ = own_draws * batches_of(column.size());
  for (std::int64_t first = column.begin; first < column.end; first += chunk_rows) {
    Chunk chunk = read_chunk(dataset, {first, std::min(first + chunk_rows, column.end)});
    const std::unique_ptr<Draws> draws = std::move(draw_chunks({&chunk, 1}, grid)[0]);
    // Chunks are whole batches, so none but the last batch of all is short.
    batches_done_ = own_draws * batches_of(chunk.rows.end - column.begin);
    if (observer_ && stops_early()) observer_(batches_done_, batches_);
    write_chunk(chunk, *draws, own, part);
  }
  finish(dataset, part);
  return part;
}

std::int64_t Predictor::rows_at_once(const Shape& src, const Shape& prediction) const {
  // What is kept between draws: the source, about as much of what is computed from it once, and of
  // a regression each draw, of classes some sums.
  constexpr std::int64_t most_elements = std::int64_t{1} << 24, of_sums = 24;
  const std::int64_t kept = is_regression(loss_.problem()) ? 2 * samples_ : of_sums;
  const std::int64_t of_row = src.size() + kept * prediction.size();
  const std::int64_t batches =
      std::max<std::int64_t>(1, most_elements / (of_row * model_.max_batch()));
  return batches * model_.max_batch();
}

std::unique_ptr<Draws> Predictor::make_draws(std::int64_t rows, const Shape& prediction) const {
  if (loss_.problem() == Problem::classification)
    return std::make_unique<ClassDraws>(samples_, rows, prediction.size(), stops_early());
  return std::make_unique<Mixture>(samples_, rows, prediction.size());
}

std::vector<Predictions> Predictor::predict_each(
    std::span<const std::shared_ptr<const Dataset>> datasets) {
  const DrawnWeights drawn(model_, weights_);
  const Shape prediction = loss_.prediction_shape(model_.output_shape());
  const bool is_joint = std::ranges::all_of(datasets, [&](const auto& dataset) {
    return dataset->size() <= rows_at_once(dataset->src_shape(), prediction);
  });
  if (is_joint) return predict_jointly(datasets);
  const auto alone = self_communicator();
  std::vector<Predictions> predictions;
  for (const auto& dataset : datasets)
    predictions.push_back(predict_part(*dataset, *alone).predictions);
  return predictions;
}

std::vector<Predictions> Predictor::predict_jointly(
    std::span<const std::shared_ptr<const Dataset>> datasets) {
  std::vector<Chunk> chunks;
  batches_done_ = batches_ = 0;
  for (const auto& dataset : datasets) {
    chunks.push_back(read_chunk(*dataset, {0, dataset->size()}));
    batches_ += samples_ * batches_of(dataset->size());
  }
  RankGrid grid(*self_communicator(), 1);
  const std::vector<std::unique_ptr<Draws>> draws = draw_chunks(chunks, grid);
  std::vector<Predictions> predictions;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    PredictedPart part = make_part(*datasets[i], chunks[i].rows);
    write_chunk(chunks[i], *draws[i], chunks[i].rows, part);
    finish(*datasets[i], part);
    predictions.push_back(part.predictions);
  }
  return predictions;
}

void Predictor::draw_examples(const Dataset& dataset, std::span<const std::int64_t> examples,
                              const DrawObserver& observer) {
  const DrawnWeights drawn(model_, weights_);
  std::vector<Chunk> chunks;
  for (const std::int64_t example : examples)
    chunks.push_back(read_chunk(dataset, {example, example + 1}));
  batches_done_ = 0;
  batches_ = samples_ * static_cast<std::int64_t>(examples.size());
  draw_observer_ = observer;
  RankGrid grid(*self_communicator(), 1);
  draw_chunks(chunks, grid);
  draw_observer_ = {};
}

std::vector<std::unique_ptr<Draws>> Predictor::draw_chunks(std::span<Chunk> chunks,
                                                           RankGrid& grid) {
  const Shape prediction = loss_.prediction_shape(model_.output_shape());
  std::vector<std::unique_ptr<Draws>> draws;
  for (const Chunk& chunk : chunks) draws.push_back(make_draws(chunk.rows.size(), prediction));
  const auto is_done = [&](std::size_t i) { return draws[i]->are_done(0, chunks[i].rows.size()); };
  const std::int64_t at_once = stops_early() ? draws_between_checks : samples_;
  for (std::int64_t begin = 0; begin < samples_; begin += at_once) {
    const std::int64_t end = std::min(begin + at_once, samples_);
    for (std::int64_t number = begin; number < end; ++number) {
      if (!grid.has(number)) continue;
      bool is_drawn = false;
      for (std::size_t i = 0; i < chunks.size(); ++i)
        if (!is_done(i)) take_draw(number, chunks[i], *draws[i], is_drawn);
    }
    bool are_done = stops_early();
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      draws[i]->share(begin, end, grid.column());
      if (stops_early()) draws[i]->stop_within(options_.tolerance, end);
      are_done = are_done && is_done(i);
    }
    if (are_done) break;
  }
  return draws;
}

void Predictor::take_draw(std::int64_t number, Chunk& chunk, Draws& draws, bool& is_drawn) {
  if (!is_drawn) set_weights(number);
  const std::int64_t batch = model_.max_batch();
  StepContext context{.seed = seed_,
                      .global_batch = chunk.examples,
                      .training = false,
                      .weights = WeightSampling::predictive,
                      .sample = static_cast<std::uint32_t>(number),
                      .reuse_weights = is_drawn};
  for (std::int64_t row = 0; row < chunk.rows.size(); row += batch) {
    const std::int64_t rows = std::min(batch, chunk.rows.size() - row);
    if (!draws.are_done(row, rows)) {
      const Tensor src = chunk.src.rows(row, rows);
      context.first_example = static_cast<std::uint32_t>(chunk.rows.begin + row);
      if (samples_ == 1) {
        model_.forward(src, context);
      } else {
        std::vector<Tensor>& fixed = chunk.fixed[static_cast<std::size_t>(row / batch)];
        if (fixed.empty())
          for (const Tensor& result : model_.forward_fixed(src, context))
            fixed.push_back(result.clone());
        model_.forward_drawn(src, fixed, context);
      }
      context.reuse_weights = is_drawn = true;
      add_draw(number, row, chunk, draws);
    }
    ++batches_done_;
    if (observer_) observer_(batches_done_, batches_);
  }
}

void Predictor::add_draw(std::int64_t number, std::int64_t first, const Chunk& chunk,
                         Draws& draws) {
  const std::int64_t rows = std::min(model_.max_batch(), chunk.rows.size() - first);
  const Tensor target = chunk.target.rows(first, rows);
  if (sample_.empty())
    sample_ = Tensor(loss_.prediction_shape(model_.output_shape()).prepend(model_.max_batch()));
  DrawnRows drawn{.mean = sample_.rows(0, rows)};
  loss_.predict(model_.output(), drawn.mean);
  std::vector<double> log_density;
  if (const Density* const density = loss_.density()) {
    if (variance_.empty()) variance_ = Tensor(sample_.shape());
    drawn.variance = variance_.rows(0, rows);
    log_density.resize(static_cast<std::size_t>(rows));
    density->predict_variance(model_.output(), drawn.variance);
    density->log_density(model_.output(), target, log_density);
    drawn.log_density = log_density;
  }
  draws.add(number, first, drawn);
  if (draw_observer_) draw_observer_(number, chunk.rows.begin + first, drawn);
}

}  // namespace credence
