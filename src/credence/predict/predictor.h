#pragma once

#include <functional>
#include <utility>

#include "credence/bayes/weight_samples.h"
#include "credence/data/dataset.h"
#include "credence/losses/loss.h"
#include "credence/losses/metric.h"
#include "credence/model/model.h"
#include "credence/predict/calibration.h"
#include "credence/predict/draws.h"
#include "credence/predict/predict_options.h"
#include "credence/predict/rank_grid.h"

namespace credence {

/// A metric and its value.
using NamedValue = std::pair<std::string, double>;

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

/// Given a draw of an example of the data set, before any calibration and in the units that targets
/// are given in. It does not last.
using DrawObserver =
    std::function<void(std::int64_t sample, std::int64_t example, const DrawnRows& drawn)>;

/// The posterior predictive: an average over draws of the weights. Draw number s is the same for
/// every example and every rank (Stream::predict), and depends on seed and s alone. What comes
/// before the first layer that draws is computed once for all of them.
///
/// Ranks share the rows, and where there are more of them than batches the draws too. Predictions
/// are the same, bit for bit, however they do.
///
/// With a tolerance, an example takes draws until the Monte Carlo standard error of each of its
/// means is less, as found after every 10 draws: of class probabilities, or of a density's means in
/// units of the predictive sigma.
///
/// With `weights`, each draw is one of their samples: all of them, or, if fewer are asked for, some
/// evenly spread. The model has its own weights again afterwards.
class Predictor {
 public:
  static constexpr std::int64_t draws_between_checks = 10;

  /// ConfigError unless the options check and the metrics exist.
  Predictor(Model& model, const Loss& loss, std::uint64_t seed, const PredictOptions& options,
            const WeightSamples* weights = nullptr);

  void set_observer(PredictObserver observer) { observer_ = std::move(observer); }
  /// Applied to all predictions from now on; null: none. It must outlive the predictor.
  void set_calibration(const Calibration* calibration) { calibration_ = calibration; }
  double interval() const { return options_.interval; }

  /// The part of the data set that is this rank's: nothing is padded, no example is in two parts,
  /// and parts follow each other as the ranks do. Collective.
  PredictedPart predict(const Dataset& dataset, Communicator& communicator);
  /// What predict() gives on one rank for each of the data sets by itself, bit for bit; the weights
  /// of a draw are made once and serve all of them.
  std::vector<Predictions> predict_each(std::span<const std::shared_ptr<const Dataset>> datasets);
  /// Takes the draws that predict() takes of these examples, of these alone.
  void draw_examples(const Dataset& dataset, std::span<const std::int64_t> examples,
                     const DrawObserver& observer);
  /// The default metrics of the loss's problem, and those that the options add; with calibrated
  /// intervals theirs. ConfigError if one does not fit.
  std::vector<std::unique_ptr<Metric>> make_metrics() const;

 private:
  /// Rows that are worked on together: each draw's weights serve all of them.
  struct Chunk {
    RowRange rows;
    std::int64_t examples = 0;  // of the data set
    Tensor src, target;
    std::vector<std::vector<Tensor>> fixed;  // by batch: what all draws share
  };

  PredictedPart predict_part(const Dataset& dataset, Communicator& communicator);
  PredictedPart make_part(const Dataset& dataset, const RowRange& rows) const;
  /// The data sets, each in one chunk.
  std::vector<Predictions> predict_jointly(
      std::span<const std::shared_ptr<const Dataset>> datasets);
  Chunk read_chunk(const Dataset& dataset, const RowRange& rows) const;
  /// Writes the figures of those rows of the chunk that are among `own`, the part's.
  void write_chunk(const Chunk& chunk, const Draws& draws, const RowRange& own,
                   PredictedPart& part) const;
  /// Into the targets' own units, and calibrated.
  void finish(const Dataset& dataset, PredictedPart& part) const;
  std::int64_t batches_of(std::int64_t rows) const;
  std::int64_t rows_at_once(const Shape& src, const Shape& prediction) const;
  bool stops_early() const { return options_.tolerance > 0 && samples_ > 1; }
  /// Sets the model's weights to those of draw number `number`, if they are not drawn by layers.
  void set_weights(std::int64_t number);
  std::unique_ptr<Draws> make_draws(std::int64_t rows, const Shape& prediction) const;
  /// The weights of a draw serve all of the chunks.
  std::vector<std::unique_ptr<Draws>> draw_chunks(std::span<Chunk> chunks, RankGrid& grid);
  /// `is_drawn`: whether the model has this draw's weights, which is so afterwards if a row took
  /// it.
  void take_draw(std::int64_t number, Chunk& chunk, Draws& draws, bool& is_drawn);
  /// Adds what the model's output predicts, by draw number `number`, to rows of the chunk.
  void add_draw(std::int64_t number, std::int64_t first, const Chunk& chunk, Draws& draws);

  Model& model_;
  const Loss& loss_;
  std::uint64_t seed_;
  PredictOptions options_;
  const WeightSamples* weights_;
  std::int64_t samples_;
  const Calibration* calibration_ = nullptr;
  PredictObserver observer_;
  DrawObserver draw_observer_;
  std::int64_t batches_done_ = 0, batches_ = 0;
  Tensor sample_;    // [max_batch, ...] one draw's predictions
  Tensor variance_;  // the same of its variances, of a density
};

/// The metrics over the parts of all ranks, the same on every rank. Collective.
std::vector<NamedValue> measure(std::span<const std::unique_ptr<Metric>> metrics,
                                const PredictedPart& part, Communicator& communicator);

/// The predictor's metrics over the whole data set, the same on every rank; with a tolerance also
/// the mean of the draws taken, `samples`, and the most of an example, `samples_max`. Collective.
std::vector<NamedValue> evaluate(Predictor& predictor, const Dataset& dataset,
                                 Communicator& communicator);

}  // namespace credence
