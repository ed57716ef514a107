#include "credence/predict/predictor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/comm/gather.h"
#include "credence/kernels/elementwise.h"

namespace credence {
namespace {

/// Entropy of a row of probabilities, nats.
float entropy(std::span<const float> probabilities) {
  double sum = 0;
  for (const float p : probabilities)
    if (p > 0) sum -= static_cast<double>(p) * std::log(static_cast<double>(p));
  return static_cast<float>(sum);
}

std::span<const float> row(const Tensor& matrix, std::int64_t index) {
  const auto width = static_cast<std::size_t>(matrix.shape().row_size());
  return matrix.span<float>().subspan(static_cast<std::size_t>(index) * width, width);
}

/// What is known only when all samples are in: entropies of the mean, and the target's probability.
void finish_classification(Predictions& predictions, const Tensor& target) {
  const auto expected_entropy = predictions.mutual_information.span<float>();
  const auto predictive_entropy = predictions.predictive_entropy.span<float>();
  const auto nll = predictions.nll.span<float>();
  for (std::int64_t n = 0; n < target.shape()[0]; ++n) {
    const auto mean = row(predictions.mean, n);
    predictive_entropy[n] = entropy(mean);
    expected_entropy[n] = std::max(0.0F, predictive_entropy[n] - expected_entropy[n]);
    const auto label = static_cast<std::size_t>(target.span<float>()[n]);
    nll[n] = -std::log(std::max(mean[label], std::numeric_limits<float>::min()));
  }
}

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

}  // namespace

void PredictOptions::check() const {
  require<ConfigError>(samples >= 1 && samples <= 65536, "expected 1 to 65536 samples, got ",
                       samples);
  require<ConfigError>(interval > 0 && interval < 1,
                       "expected an interval's probability between 0 "
                       "and 1, got ",
                       interval);
}

Predictor::Predictor(Model& model, const Loss& loss, std::uint64_t seed,
                     const PredictOptions& options, const WeightSamples* weights)
    : model_(model),
      loss_(loss),
      seed_(seed),
      weights_(weights),
      samples_(draws_to_take(options.samples, model.draws_in_predictions(), weights)),
      interval_(options.interval),
      metrics_(options.metrics) {
  options.check();
  for (const std::string& name : metrics_) make_metric(name);
}

std::vector<std::unique_ptr<Metric>> Predictor::make_metrics() const {
  return credence::make_metrics(loss_.problem(), metrics_);
}

PredictedPart Predictor::predict(const Dataset& dataset, const Communicator& communicator) {
  if (!weights_) return predict_part(dataset, communicator);
  const SavedValues own(model_.parameters());
  model_.set_varying([this](const Parameter& parameter) { return weights_->varies(parameter); });
  PredictedPart part = predict_part(dataset, communicator);
  model_.set_varying([](const Parameter&) { return false; });
  own.restore();
  return part;
}

void Predictor::set_weights(std::int64_t number) {
  if (!weights_) return;
  const std::int64_t size = weights_->size();
  const std::int64_t sample = size == 0         ? number
                              : size > samples_ ? number * size / samples_
                                                : number % size;
  weights_->write(sample, seed_, model_.parameters());
}

PredictedPart Predictor::predict_part(const Dataset& dataset, const Communicator& communicator) {
  PredictedPart part;
  part.begin = dataset.size() * communicator.rank() / communicator.size();
  part.end = dataset.size() * (communicator.rank() + 1) / communicator.size();
  const std::int64_t count = part.end - part.begin;
  const Shape prediction = loss_.prediction_shape(model_.output_shape());
  part.target = Tensor(dataset.target_shape().prepend(count));
  part.predictions.mean = Tensor(prediction.prepend(count));
  const Problem problem = loss_.problem();
  if (has_likelihood(problem)) part.predictions.nll = Tensor({count});
  if (problem == Problem::classification) {
    part.predictions.predictive_entropy = Tensor({count});
    part.predictions.mutual_information = Tensor({count});
  } else if (problem == Problem::density_regression) {
    Predictions& p = part.predictions;
    for (Tensor* figure : {&p.sigma, &p.epistemic_sigma, &p.lower, &p.upper, &p.pit})
      *figure = Tensor(prediction.prepend(count));
    if (std::ranges::count(metrics_, "crps") > 0) p.crps = Tensor(prediction.prepend(count));
  }
  const std::int64_t chunk = rows_at_once(dataset.src_shape(), prediction);
  batches_done_ = 0;
  Tensor src(dataset.src_shape().prepend(std::min(chunk, count)));
  for (std::int64_t first = 0; first < count; first += chunk)
    predict_chunk(dataset, part, first, src.rows(0, std::min(chunk, count - first)));
  const TargetInfo info = dataset.target_info();
  if (problem == Problem::classification) finish_classification(part.predictions, part.target);
  if (problem == Problem::density_regression) to_own_units(part.predictions, info);
  to_own_units(part.predictions.mean, info);
  to_own_units(part.target, info);
  return part;
}

std::int64_t Predictor::rows_at_once(const Shape& src, const Shape& prediction) const {
  // What is kept between draws: the source, about as much of what is computed from it once, and of
  // a density each draw.
  constexpr std::int64_t most_elements = std::int64_t{1} << 24;
  const std::int64_t of_row = src.size() + 2 * prediction.size() * samples_;
  const std::int64_t batches =
      std::max<std::int64_t>(1, most_elements / (of_row * model_.max_batch()));
  return batches * model_.max_batch();
}

void Predictor::predict_chunk(const Dataset& dataset, PredictedPart& part, std::int64_t first,
                              Tensor src) {
  const std::int64_t rows = src.shape()[0], batch = model_.max_batch();
  Tensor target = part.target.rows(first, rows);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(rows));
  std::iota(indices.begin(), indices.end(), part.begin + first);
  dataset.read(indices, 0, src, target);

  const auto context_of = [&](std::int64_t sample, std::int64_t row) {
    return StepContext{.seed = seed_,
                       .first_example = static_cast<std::uint32_t>(part.begin + first + row),
                       .global_batch = dataset.size(),
                       .training = false,
                       .weights = WeightSampling::predictive,
                       .sample = static_cast<std::uint32_t>(sample),
                       .reuse_weights = row > 0};
  };
  // Chunks are whole batches, so none but the last batch of all is short.
  const std::int64_t batches = samples_ * ((part.end - part.begin + batch - 1) / batch);
  if (loss_.problem() == Problem::density_regression)
    mixture_.emplace(samples_, rows, part.predictions.mean.shape().row_size());
  std::vector<std::vector<Tensor>> fixed;  // by batch: what all draws share
  for (std::int64_t sample = 0; sample < samples_; ++sample) {
    set_weights(sample);
    for (std::int64_t row = 0; row < rows; row += batch) {
      const Tensor batch_src = src.rows(row, std::min(batch, rows - row));
      const StepContext context = context_of(sample, row);
      if (samples_ == 1) {
        model_.forward(batch_src, context);
      } else {
        if (sample == 0) {
          fixed.emplace_back();
          for (const Tensor& result : model_.forward_fixed(batch_src, context))
            fixed.back().push_back(result.clone());
        }
        model_.forward_drawn(batch_src, fixed[static_cast<std::size_t>(row / batch)], context);
      }
      add_sample(part, sample, first + row, row, batch_src.shape()[0]);
      ++batches_done_;
      if (observer_) observer_(batches_done_, batches);
    }
  }
  if (mixture_)
    mixture_->finish(first, {.interval = interval_, .target = &target}, part.predictions);
}

void Predictor::add_sample(PredictedPart& part, std::int64_t number, std::int64_t first,
                           std::int64_t in_chunk, std::int64_t rows) {
  Predictions& predictions = part.predictions;
  const float weight = 1.0F / static_cast<float>(samples_);
  const Shape prediction = predictions.mean.shape().without_leading();
  if (sample_.empty()) sample_ = Tensor(prediction.prepend(model_.max_batch()));
  Tensor sample = sample_.rows(0, rows), mean = predictions.mean.rows(first, rows);
  loss_.predict(model_.output(), sample);
  transform(sample, sample, mean, Write::add, [weight](float p, float) { return weight * p; });
  if (mixture_) {
    if (variance_.empty()) variance_ = Tensor(sample_.shape());
    Tensor variance = variance_.rows(0, rows);
    std::vector<double> log_density(static_cast<std::size_t>(rows));
    loss_.density()->predict_variance(model_.output(), variance);
    loss_.density()->log_density(model_.output(), part.target.rows(first, rows), log_density);
    mixture_->add(number, in_chunk, sample, variance, log_density);
  }
  if (predictions.mutual_information.empty()) return;
  float* const expected_entropy = predictions.mutual_information.data<float>() + first;
  parallel_for(rows, row_pieces(32 * prediction.size()), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n)
      expected_entropy[n] += weight * entropy(row(sample, n));
  });
}

std::vector<NamedValue> measure(std::span<const std::unique_ptr<Metric>> metrics,
                                const PredictedPart& part, Communicator& communicator) {
  std::vector<NamedValue> values;
  for (const auto& metric : metrics) {
    metric->update(part.predictions, part.target);
    communicator.sum(metric->sums());
    if (std::vector<ScoredExample>* const examples = metric->collected())
      *examples = all_gather_records<ScoredExample>(communicator, *examples);
    values.emplace_back(metric->name(), metric->value());
  }
  return values;
}

std::vector<NamedValue> evaluate(Predictor& predictor, const Dataset& dataset,
                                 Communicator& communicator) {
  const std::vector<std::unique_ptr<Metric>> metrics = predictor.make_metrics();
  return measure(metrics, predictor.predict(dataset, communicator), communicator);
}

}  // namespace credence
