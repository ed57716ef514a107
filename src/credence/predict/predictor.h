#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "credence/bayes/weight_samples.h"
#include "credence/comm/communicator.h"
#include "credence/data/dataset.h"
#include "credence/losses/loss.h"
#include "credence/losses/metric.h"
#include "credence/model/model.h"
#include "credence/predict/mixture.h"

namespace credence {

/// A metric and its value.
using NamedValue = std::pair<std::string, double>;

struct PredictOptions {
  std::int64_t samples = 30;           ///< draws; a network in which nothing is drawn takes one
  double interval = 0.9;               ///< probability between a regression's quantiles
  std::vector<std::string> metrics{};  ///< names of those to report beside the default ones

  /// ConfigError unless samples is in [1, 65536] and 0 < interval < 1.
  void check() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("samples", samples);
    v("interval", interval);
    v("metrics", metrics);
  }
};

/// Examples [begin, end) of a data set, with their predictions and targets in the targets' own
/// units.
struct PredictedPart {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  Predictions predictions;
  Tensor target;
};

/// Told how many batches of how many, over all draws, are done.
using PredictObserver = std::function<void(std::int64_t done, std::int64_t all)>;

/// The posterior predictive: an average over draws of the weights. Draw number s is the same for
/// every example and every rank (Stream::predict), and depends on seed and s alone. What comes
/// before the first layer that draws is computed once for all of them.
///
/// With `weights`, each draw is one of their samples: all of them, or, if fewer are asked for, some
/// evenly spread. The model has its own weights again afterwards.
class Predictor {
 public:
  /// ConfigError unless the options check and the metrics exist.
  Predictor(Model& model, const Loss& loss, std::uint64_t seed, const PredictOptions& options,
            const WeightSamples* weights = nullptr);

  void set_observer(PredictObserver observer) { observer_ = std::move(observer); }

  /// The part of the data set that is this rank's: nothing is padded, no example is in two parts.
  PredictedPart predict(const Dataset& dataset, const Communicator& communicator);
  /// The default metrics of the loss's problem, and those that the options add. ConfigError if one
  /// does not fit.
  std::vector<std::unique_ptr<Metric>> make_metrics() const;

 private:
  PredictedPart predict_part(const Dataset& dataset, const Communicator& communicator);
  std::int64_t rows_at_once(const Shape& src, const Shape& prediction) const;
  /// Sets the model's weights to those of draw number `number`, if they are not drawn by layers.
  void set_weights(std::int64_t number);
  /// Adds the predictions of rows [first, first + src rows) of the part, over all draws.
  void predict_chunk(const Dataset& dataset, PredictedPart& part, std::int64_t first, Tensor src);
  /// Adds what the model's output predicts, by draw number `number`, to `rows` rows from `first`
  /// on, of the part and, from `in_chunk` on, of its chunk.
  void add_sample(PredictedPart& part, std::int64_t number, std::int64_t first,
                  std::int64_t in_chunk, std::int64_t rows);

  Model& model_;
  const Loss& loss_;
  std::uint64_t seed_;
  const WeightSamples* weights_;
  std::int64_t samples_;
  double interval_;
  std::vector<std::string> metrics_;
  PredictObserver observer_;
  std::int64_t batches_done_ = 0;
  Tensor sample_;                   // [max_batch, ...] one draw's predictions
  Tensor variance_;                 // the same of its variances, of a density
  std::optional<Mixture> mixture_;  // of the chunk
};

/// The metrics over the parts of all ranks, the same on every rank. Collective.
std::vector<NamedValue> measure(std::span<const std::unique_ptr<Metric>> metrics,
                                const PredictedPart& part, Communicator& communicator);

/// The predictor's metrics over the whole data set, the same on every rank. Collective.
std::vector<NamedValue> evaluate(Predictor& predictor, const Dataset& dataset,
                                 Communicator& communicator);

}  // namespace credence
