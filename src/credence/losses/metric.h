#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "credence/losses/problem.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Predictions for n examples, averaged over weight samples. All float32.
struct Predictions {
  Tensor mean{};                ///< class probabilities [n, classes], or means [n, targets]
  Tensor predictive_entropy{};  ///< [n], nats: entropy of the mean; classification only, else empty
  Tensor mutual_information{};  ///< [n], nats: predictive entropy less expected entropy; else empty
  Tensor nll{};                 ///< [n], nats: -log of the mean over samples of p(target)
  Tensor samples{};             ///< [n]: draws taken, where examples differ in them; else empty
  // Of a density, [n, targets], else empty:
  Tensor sigma{};            ///< root of the predictive variance
  Tensor epistemic_sigma{};  ///< the part of the weights: of the mean over samples
  Tensor lower{}, upper{};   ///< quantiles, with an interval's probability between them
  Tensor crps{};             ///< continuous ranked probability score; only if it is asked for
  Tensor pit{};              ///< the predictive distribution function at the target
};

/// Rows [begin, begin + count), sharing memory.
Predictions rows_of(const Predictions& predictions, std::int64_t begin, std::int64_t count);

/// What a metric keeps of an example that no sum can hold: a score, and whether what it is to tell
/// came true (1, else 0).
struct ScoredExample {
  double score;
  double outcome;
};

/// A figure computed from sums over examples, or from their scores, so that it is exact however
/// they are spread over ranks.
class Metric {
 public:
  virtual ~Metric() = default;

  virtual std::string name() const = 0;
  /// Whether it has a meaning for this kind of problem.
  virtual bool fits(Problem problem) const = 0;
  /// Adds n examples. target [n, 1] class indices, or [n, targets].
  virtual void update(const Predictions& predictions, const Tensor& target) = 0;
  /// The sums; adding those of several metrics gives the sums of all their examples. How many
  /// there are may depend on the number of classes: then update first, be it with no examples.
  virtual std::span<double> sums() = 0;
  /// One entry for each example, of a metric that needs all of them: those of several metrics, one
  /// behind the other, are those of all their examples. Their order does not matter.
  virtual std::vector<ScoredExample>* collected() { return nullptr; }
  /// The figure over all examples added.
  virtual double value() const = 0;
  void reset();
};

/// The metric of that name. ConfigError, naming the closest one, if there is none.
std::unique_ptr<Metric> make_metric(const std::string& name);
std::vector<std::string> metric_names();
/// ConfigError, naming those that do, if there is no metric of that name or it does not fit.
void require_fit(const std::string& name, Problem problem);

/// What is wished of a figure.
enum class Better { less, more, neither };

/// Of the metric of that name, "loss" or "kl". ConfigError as from make_metric.
Better better(const std::string& metric);

/// The metrics reported for a problem: of classification accuracy, nll, ece, brier, ...; of
/// regression rmse and mae, with a density nll, picp and mpiw too. Then those named in
/// `more` that are not among them. ConfigError as from require_fit.
std::vector<std::unique_ptr<Metric>> make_metrics(Problem problem,
                                                  const std::vector<std::string>& more = {});

}  // namespace credence
